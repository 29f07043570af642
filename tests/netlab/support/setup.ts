// Builds the lab before the first story, and removes every trace of it after the last or when somebody interrupts.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { lab } from './lab.ts';

declare module 'vitest' {
	interface ProvidedContext {
		/** A folder that goes with the lab. */
		labFolder: string;
		/** Folder of the built app, as it was when the stories began. */
		app: string;
	}
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export default function setup(project: TestProject): () => void {
	if (process.getuid?.() !== 0) {
		throw new Error('The network lab makes network namespaces: run it as root.');
	}
	const folder = mkdtempSync(join(tmpdir(), 'aegis-netlab-'));
	const app = join(folder, 'app');
	// A copy: a build that runs meanwhile must not change the app under the stories.
	cpSync('dist', app, { recursive: true });
	project.provide('labFolder', folder);
	project.provide('app', app);

	const tidy = (): void => {
		lab('down');
		rmSync(folder, { recursive: true, force: true });
	};
	const interrupted = (): void => {
		tidy();
		process.exit(1);
	};
	for (const signal of SIGNALS) process.prependListener(signal, interrupted);
	lab('up');
	return () => {
		for (const signal of SIGNALS) process.off(signal, interrupted);
		tidy();
	};
}
