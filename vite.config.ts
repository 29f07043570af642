// Builds the app and runs the tests that need no browser; tests/e2e and tests/netlab have their own configs.
import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
	plugins: [
		paraglideVitePlugin({
			project: './project.inlang',
			outdir: './src/lib/paraglide',
			strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
		}),
		sveltekit(),
	],
	test: {
		environment: 'node',
		// Generous: machines that run several suites at once are slow, and nothing here is judged by its time.
		testTimeout: 300_000,
		maxWorkers: '100%',
		hookTimeout: 300_000,
		include: [
			'src/**/*.test.ts',
			'relay-server/**/*.test.ts',
			'tests/{unit,contract,property,simulation,integration,relay}/**/*.test.ts',
		],
		exclude: ['**/node_modules/**', 'tests/e2e/**', 'tests/netlab/**'],
		passWithNoTests: true,
	},
});
