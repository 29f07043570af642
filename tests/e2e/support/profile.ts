// Browser profiles: in one browser that a file's stories share, or with a folder and a browser of their own where
// the browser itself is closed and opened again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';

const executablePath = process.env['AEGIS_CHROMIUM'] ?? '/usr/bin/chromium';
const args = [
	'--headless',
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];
const pages = {
	locale: 'en',
	viewport: { width: 1280, height: 800 },
	reducedMotion: 'reduce',
} as const;
/** Longest wait for anything that a person waits for, in milliseconds. */
const PATIENCE = 20_000;

export interface Profile {
	/** Starts the browser, or what stands for it. */
	open(): Promise<BrowserContext>;
	/** Closes it for good. */
	remove(): Promise<void>;
}

let shared: Promise<Browser> | undefined;

/** A profile that lives as long as the browser that a file's stories share; `hasTouch`: on a screen that is touched. */
export function sharedProfile({ hasTouch = false } = {}): Profile {
	let context: BrowserContext | undefined;
	return {
		open: async () => {
			shared ??= chromium.launch({ executablePath, args });
			context = await (await shared).newContext({ ...pages, hasTouch });
			context.setDefaultTimeout(PATIENCE);
			return context;
		},
		remove: async () => context?.close(),
	};
}

export async function closeSharedBrowser(): Promise<void> {
	const browser = await shared;
	shared = undefined;
	await browser?.close();
}

/** A camera that sees what is in a file; `allowed`: pages may use it. */
export const camera = (path: string, allowed: boolean): readonly string[] => [
	'--use-fake-device-for-media-stream',
	`--use-file-for-fake-video-capture=${path}`,
	...(allowed ? ['--use-fake-ui-for-media-stream'] : []),
];

/** A profile in a folder, and a browser of its own: what it holds survives the browser. */
export function keptProfile(more: readonly string[] = []): Profile {
	let folder: string | undefined;
	let context: BrowserContext | undefined;
	return {
		open: async () => {
			folder ??= await mkdtemp(join(tmpdir(), 'aegis-profile-'));
			context = await chromium.launchPersistentContext(folder, {
				executablePath,
				args: [...args, ...more],
				...pages,
			});
			context.setDefaultTimeout(PATIENCE);
			return context;
		},
		remove: async () => {
			await context?.close();
			if (folder !== undefined) await rm(folder, { recursive: true, force: true });
		},
	};
}
