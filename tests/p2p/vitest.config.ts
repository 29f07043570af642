// Direct links between pages of a real browser: npx vitest run --config tests/p2p/vitest.config.ts
import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		root: new URL('../..', import.meta.url).pathname,
		environment: 'node',
		include: ['tests/p2p/**/*.test.ts'],
		testTimeout: 300_000,
		hookTimeout: 300_000,
		fileParallelism: false,
	},
});
