// The app as something kept on a device: opens without a network, can be installed, and changes only when told to.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, expect, it } from 'vitest';
import { startRelayProcess } from '../support/relay-process.ts';
import { createPerson, type Person } from './support/person.ts';
import { closeSharedBrowser, keptProfile, sharedProfile } from './support/profile.ts';
import { startRelay } from './support/relay.ts';
import { m } from './support/words.ts';

const APP = resolve(process.env['AEGIS_APP'] ?? 'dist');
const PATIENCE = 30_000;

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
	for (const end of endings.splice(0).reverse()) await end();
});
afterAll(closeSharedBrowser);

async function person(name: string, profile = sharedProfile()): Promise<Person> {
	const made = await createPerson(name, profile);
	endings.push(() => made.remove());
	return made;
}

async function relay(): ReturnType<typeof startRelay> {
	const started = await startRelay();
	endings.push(() => started.remove());
	return started;
}

/** The service worker has everything and is in charge of the page. */
const kept = (page: Page): Promise<unknown> =>
	page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated', undefined, {
		timeout: PATIENCE,
	});

it('[PW1] opens without a network, with all history, and sends what was written once it is back', async () => {
	const hub = await relay();
	const alice = await person('Alice');
	const bob = await person('Bob');
	await alice.visit(hub.origin);
	await alice.start();
	await alice.peers.addRelay(hub.address);
	await alice.spaces.create('community', 'Harbour');
	const link = await alice.spaces.invite();
	await bob.visit(link);
	await bob.page.getByLabel(m.name_label()).fill('Bob');
	await bob.spaces.accept('Harbour');
	await bob.spaces.ready('Harbour');
	await alice.chat.send('before the storm');
	await bob.chat.has('before the storm', 'Alice');
	await bob.chat.send('I can hear it');
	await alice.chat.has('I can hear it', 'Bob');
	await kept(bob.page);

	await hub.kill();
	await alice.leave();
	await bob.page.context().setOffline(true);
	await bob.page.reload();
	await bob.spaces.open('Harbour');
	await bob.chat.has('before the storm', 'Alice');
	await bob.chat.has('I can hear it');
	await bob.chat.send('written in the dark');
	await bob.chat.delivery('written in the dark', m.delivery_queued());

	await hub.restart();
	await bob.page.context().setOffline(false);
	await alice.visit(hub.origin);
	await alice.spaces.open('Harbour');
	await alice.chat.has('written in the dark', 'Bob');
	await bob.chat.delivery('written in the dark', m.delivery_all());
});

it('[PW2] keeps the files of the app and nothing else', async () => {
	const hub = await relay();
	const alice = await person('Alice');
	const page = await alice.visit(hub.origin);
	await kept(page);

	const urls = await page.evaluate(async () => {
		await fetch('/relay.json');
		await fetch('/healthz');
		const found: string[] = [];
		for (const name of await caches.keys()) {
			for (const { url } of await (await caches.open(name)).keys()) found.push(url);
		}
		return found;
	});
	const paths = urls.map((url) => new URL(url).pathname);
	expect(paths).toContain('/200.html');
	expect(paths.filter((path) => path.endsWith('.js')).length).toBeGreaterThan(5);
	expect(
		paths.filter(
			(path) => !/^\/(200\.html|_app\/immutable\/.+|[\w/-]+\.(png|svg|webmanifest))$/.test(path),
		),
	).toEqual([]);

	// A relay's own answers are the relay's, also where a page is asked for.
	const other = await alice.visit(`${hub.origin}/relay.json`);
	expect(await other.textContent('body')).toContain('"key"');
});

it('[PW3] can be installed', async () => {
	const hub = await relay();
	const alice = await person('Alice', keptProfile());
	const page = await alice.visit(hub.origin);
	await kept(page);

	const devtools = await page.context().newCDPSession(page);
	const { errors, data, url } = await devtools.send('Page.getAppManifest');
	expect(errors).toEqual([]);
	expect(url).toBe(`${hub.origin}/manifest.webmanifest`);
	const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
	expect(installabilityErrors).toEqual([]);
	const { icons } = JSON.parse(data ?? '{}') as { icons: { src: string; type: string }[] };
	expect(icons.length).toBeGreaterThan(2);
	for (const { src, type } of icons) {
		const answer = await page.request.get(`${hub.origin}${src}`);
		expect(answer.ok()).toBe(true);
		expect(answer.headers()['content-type']).toBe(type);
	}
});

/** Serves a copy of the app that can be given another version. */
async function changingApp(): Promise<{ origin: string; release(mark: string): Promise<void> }> {
	const folder = await mkdtemp(join(tmpdir(), 'aegis-app-'));
	const app = join(folder, 'app');
	await cp(APP, app, { recursive: true });
	const worker = await readFile(join(app, 'service-worker.js'), 'utf8');
	const html = await readFile(join(app, '200.html'), 'utf8');
	const version = (
		JSON.parse(await readFile(join(app, '_app/version.json'), 'utf8')) as { version: string }
	).version;
	for (const name of ['service-worker.js', '200.html']) {
		for (const end of ['.br', '.gz']) await rm(join(app, name + end), { force: true });
	}
	const server = await startRelayProcess(['--serve', app, '--data', join(folder, 'data')]);
	endings.push(async () => {
		await server.end('SIGKILL');
		await rm(folder, { recursive: true });
	});
	return {
		origin: `http://localhost:${String(server.port)}`,
		async release(mark) {
			expect(worker).toContain(version);
			await writeFile(
				join(app, '200.html'),
				html.replace('<head>', `<head><meta name="mark" content="${mark}">`),
			);
			await writeFile(
				join(app, 'service-worker.js'),
				worker.replaceAll(version, `${version}-${mark}`),
			);
		},
	};
}

it('[PW4] applies a new version when somebody says so and not before', async () => {
	const app = await changingApp();
	const alice = await person('Alice');
	const page = await alice.visit(app.origin);
	await kept(page);
	const mark = (): Promise<string | null> =>
		page.evaluate(() => document.querySelector('meta[name=mark]')?.getAttribute('content') ?? null);
	const notice = page.getByRole('status', { name: m.update_title() });

	await app.release('second');
	await page.reload();
	await notice.waitFor({ timeout: PATIENCE });
	expect(await mark()).toBeNull();
	await notice.getByRole('button', { name: m.update_later() }).click();
	await notice.waitFor({ state: 'detached' });

	await page.reload();
	await notice.waitFor({ timeout: PATIENCE });
	expect(await mark()).toBeNull();
	const loaded = page.waitForEvent('load');
	await notice.getByRole('button', { name: m.update_apply() }).click();
	await loaded;
	expect(await mark()).toBe('second');
	// What only the old version was made of is gone.
	const versions = await page.evaluate(async () => {
		const [name = ''] = await caches.keys();
		const keys = await (await caches.open(name)).keys();
		return keys.filter(({ url }) => url.includes('200.html')).length;
	});
	expect(versions).toBe(1);
});
