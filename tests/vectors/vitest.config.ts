// Known answers on every backend, in Node and in a real browser: npm run test:vectors
import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		root: new URL('../..', import.meta.url).pathname,
		environment: 'node',
		include: ['tests/vectors/**/*.test.ts'],
		testTimeout: 300_000,
		hookTimeout: 300_000,
	},
});
