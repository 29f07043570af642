// Real browsers in network namespaces behind simulated routers: one at a time, minutes each.
import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		environment: 'node',
		include: ['tests/netlab/**/*.test.ts'],
		globalSetup: ['tests/netlab/support/setup.ts'],
		fileParallelism: false,
		testTimeout: 600_000,
		hookTimeout: 120_000,
	},
});
