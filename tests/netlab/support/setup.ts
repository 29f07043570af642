// Builds the lab before the first story and removes every trace of it after the last.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { lab } from './lab.ts';

declare module 'vitest' {
	interface ProvidedContext {
		/** Folder of the built app, as it was when the stories began. */
		app: string;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	if (process.getuid?.() !== 0) {
		throw new Error('The network lab makes network namespaces: run it as root.');
	}
	const folder = await mkdtemp(join(tmpdir(), 'aegis-netlab-'));
	// A copy: a build that runs meanwhile must not change the app under the stories.
	const app = join(folder, 'app');
	await cp('dist', app, { recursive: true });
	project.provide('app', app);
	lab('up');
	return async () => {
		lab('down');
		await rm(folder, { recursive: true, force: true });
	};
}
