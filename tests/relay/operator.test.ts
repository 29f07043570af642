// What a relay offers to whoever runs it: commands, a log, metrics, health, backups.
import { appendFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesOf, crypto, hashOf, packetOf, tokenOf } from '../support/mailbox-world.ts';
import { reachRelay, runRelay, type RelayProcess } from '../support/relay-process.ts';
import { relayFolder } from '../support/relay-folder.ts';
import { until } from '../support/until.ts';
import type { MailboxClient } from '#lib/mailbox/client-api.ts';
import { decodeRelayLink } from '#lib/protocol/relay-link.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { toBase64Url, toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const place = relayFolder();
const { start } = place;
/** The output of a command for the relay of this data folder. */
const command = async (...args: string[]): Promise<string> => {
	const { output } = await runRelay([...args, '--data', place.data]);
	return output;
};

const writeKey = await crypto.signingKey(bytesOf(2));
const mailbox = mailboxId(crypto, writeKey.publicKey, bytesOf(3));
const openOn = async (port: number): Promise<MailboxClient> => {
	const { client } = reachRelay(`ws://127.0.0.1:${String(port)}/relay`);
	unwrap(
		await client.open({
			writeKey,
			ownerKey: bytesOf(3),
			tokenHashes: [hashOf(1)],
		}),
	);
	return client;
};
const acknowledgeAll = async (client: MailboxClient): Promise<number> => {
	const { cursor, packets } = unwrap(await client.subscribe(mailbox, tokenOf(1), 0));
	unwrap(await client.acknowledge(mailbox, tokenOf(1), cursor, []));
	return packets.length;
};

describe('the commands', () => {
	it('[RV1] show where each setting came from, and everything that is wrong', async () => {
		const config = join(place.folder, 'relay.toml');
		await writeFile(config, 'port = 81\n');
		const sound = await runRelay(['config', 'check', '--config', config], {
			AEGIS_NAME: 'Ours',
			AEGIS_POSTGRES: 'postgres://me:hunter2@host/db',
		});
		expect(sound.code).toBe(0);
		expect(sound.output).toMatch(/^port +81 +\S+relay\.toml$/m);
		expect(sound.output).toMatch(/^name +Ours +AEGIS_NAME$/m);
		expect(sound.output).toMatch(/^data +\.aegis +default$/m);
		expect(sound.output).not.toContain('hunter2');
		expect(sound.output).toMatch(/The settings are sound\.\n$/);

		await appendFile(config, 'log = "xml"\n');
		const wrong = await runRelay(['config', 'check', '--config', config, '--tls-key', 'k']);
		expect(wrong.code).toBe(1);
		expect(wrong.output).toMatch(/The log must be/);
		expect(wrong.output).toMatch(/A certificate needs its key/);
		const missing = await runRelay(['config', 'check', '--tls-key', 'k', '--tls-cert', 'c']);
		expect(missing.code).toBe(1);
		expect(missing.output).toMatch(/k can't be read[^]*c can't be read|c can't be read[^]*k can't/);
		expect((await runRelay(['polish'])).output).toBe('There is no command "polish". Try --help.\n');
	});

	it('[RV12] reach the relay over a socket for its own user only', async () => {
		const relay = await start('--max-mailboxes', '7');
		expect((await stat(join(place.data, 'admin.sock'))).mode & 0o777).toBe(0o600);
		const client = await openOn(relay.port);
		unwrap(await client.put(mailbox, writeKey, packetOf(1)));
		const status = JSON.parse(await command('status', '--json')) as object;
		expect(status).toMatchObject({
			store: 'sqlite',
			problem: null,
			draining: false,
			connections: 1,
			mailboxes: 1,
			packets: 1,
		});
		expect(await command('status')).toMatch(/^State +well$/m);
		await relay.end('SIGTERM');
		expect(await readdir(place.data)).not.toContain('admin.sock');
		expect(await command('status')).toMatch(/is the relay running/);

		// What a killed relay leaves is in nobody's way.
		await (await start()).end('SIGKILL');
		await start();
		expect(await command('status')).toMatch(/^State +well$/m);
	});

	it('[RV12] change what the running relay holds at most', async () => {
		const relay = await start('--max-mailboxes', '7');
		expect(await command('quota')).toMatch(/^max-mailboxes +7$/m);
		const client = await openOn(relay.port);
		unwrap(await client.put(mailbox, writeKey, packetOf(1)));
		expect(await command('quota', 'max-bytes=1K')).toMatch(/^max-bytes +1024 \(1\.0 KiB\)$/m);
		const refused = await client.put(mailbox, writeKey, packetOf(2));
		expect(refused).toMatchObject({ ok: false, error: { type: 'full' } });
		await command('quota', 'max-bytes=1G', 'max-connections=1');
		unwrap(await client.put(mailbox, writeKey, packetOf(2)));
		expect((await reachRelay(relay.url).client.ready).ok).toBe(false);
		expect(await command('quota', 'max-bytes=none')).toMatch(/^max-bytes must be a size/);
		expect(await command('quota', 'max-width=1')).toMatch(/^Say it like/);
	});

	it('[RV12] empty the relay before it ends', async () => {
		const relay = await start();
		const base = `http://127.0.0.1:${String(relay.port)}`;
		const client = await openOn(relay.port);
		unwrap(await client.put(mailbox, writeKey, packetOf(1)));
		expect(await command('drain', '--within', 'soon')).toMatch(/must be a time/);
		expect(await command('drain')).toMatch(/ends when the 1 packets/);
		const refused = await client.put(mailbox, writeKey, packetOf(2));
		expect(refused).toMatchObject({ ok: false, error: { type: 'draining' } });
		expect((await fetch(`${base}/readyz`)).status).toBe(503);
		expect((await fetch(`${base}/healthz`)).status).toBe(200);
		expect(await (await fetch(base)).text()).toMatch(/takes nothing new/);
		expect(relay.child.exitCode).toBeNull();
		expect(await acknowledgeAll(client)).toBe(1);
		await until(() => expect(relay.child.exitCode).toBe(0));

		const second = await start();
		const again = await openOn(second.port);
		unwrap(await again.put(mailbox, writeKey, packetOf(3)));
		await command('drain', '--within', '0m');
		await until(() => expect(second.child.exitCode).toBe(0));
	});
});

describe('a backup', () => {
	it('[RV14] of a relay at work can be looked through and restored', async () => {
		const relay = await start();
		const client = await openOn(relay.port);
		const key = toHex(unwrap(await client.ready).relayKey);
		const putMany = (from: number): Promise<unknown[]> =>
			Promise.all(
				Array.from({ length: 100 }, (_, n) => client.put(mailbox, writeKey, packetOf(from + n))),
			);
		await putMany(0);
		const to = join(place.folder, 'backup');
		const [backup] = await Promise.all([command('backup', to), putMany(100)]);
		expect(backup).toMatch(/holds the relay's key/);
		expect(await command('backup', to)).toMatch(/is there already/);
		expect(await readdir(to)).toEqual(['backup.json', 'mailboxes.db', 'relay.key']);
		expect((await stat(to)).mode & 0o777).toBe(0o700);
		const verified = await runRelay(['restore', to, '--verify']);
		expect(verified.output).toMatch(/^The backup is whole: made at .*, with 1 mailboxes/);
		// Somebody reads on after the backup, up to a number that the restored relay has not given.
		await putMany(200);
		let highest = 0;
		for (let more = true; more;) {
			({ cursor: highest, more } = unwrap(await client.subscribe(mailbox, tokenOf(1), highest)));
		}
		expect(await command('restore', to)).toMatch(/is not empty/);
		await relay.end('SIGKILL');

		place.data = join(place.folder, 'restored');
		expect(await command('restore', to)).toMatch(/holds the backup made at/);
		const restored = await start();
		const after = await openOn(restored.port);
		expect(toHex(unwrap(await after.ready).relayKey)).toBe(key);
		expect(await acknowledgeAll(after)).toBeGreaterThanOrEqual(100);
		for (let n = 900; n < 1100; n++) unwrap(await after.put(mailbox, writeKey, packetOf(n)));
		const { packets } = unwrap(await after.subscribe(mailbox, tokenOf(1), highest));
		expect(packets).toHaveLength(200);
	});

	it('[RV14] that is broken is not restored', async () => {
		await start();
		const to = join(place.folder, 'backup');
		await command('backup', to);
		const database = join(to, 'mailboxes.db');
		const good = await readFile(database);
		const other = Buffer.from(good);
		other.writeUInt8(other.readUInt8(5000) ^ 1, 5000);
		await writeFile(database, other);
		place.data = join(place.folder, 'restored');
		expect(await command('restore', to)).toMatch(/^mailboxes\.db is not what was backed up/);
		await rm(database);
		expect(await command('restore', to, '--verify')).toMatch(/^mailboxes\.db is missing/);
		await rm(join(to, 'backup.json'));
		expect(await command('restore', to)).toMatch(/is not a whole backup/);
		await expect(stat(place.data)).rejects.toThrow();
	});
});

describe('what the relay tells about itself', () => {
	it('[RV9] [RV10] names no client, mailbox or packet, in log or metrics', async () => {
		const args = ['--log', 'json', '--metrics-port', '0', '--public-url', 'https://relay.example'];
		const relay = await start(...args, '--address-connections', '1');
		const client = await openOn(relay.port);
		unwrap(await client.put(mailbox, writeKey, packetOf(1)));
		unwrap(await client.put(mailbox, writeKey, packetOf(2)));
		await acknowledgeAll(client);
		unwrap(await client.put(mailbox, writeKey, packetOf(3)));
		expect((await client.put(bytesOf(77), writeKey, packetOf(4))).ok).toBe(false);
		const second = reachRelay(`ws://127.0.0.1:${String(relay.port)}/relay`);
		expect((await second.client.ready).ok).toBe(false);
		await command('quota', 'max-bytes=1G');
		const port = /"metrics":(\d+)/.exec(relay.output())?.[1] ?? '';
		const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
		for (const line of [
			'aegis_connections 1',
			'aegis_packets_stored_total 3',
			'aegis_acknowledgements_total 1',
			'aegis_packets_deleted_total{cause="delivered"} 2',
			'aegis_packets 1',
			'aegis_mailboxes 1',
			'aegis_refusals_total{reason="unknown-mailbox"} 1',
			'aegis_refusals_total{reason="denied"} 1',
			'aegis_refusals_total{reason="quota"} 1',
		]) {
			expect(metrics.split('\n')).toContain(line);
		}
		for (const name of [
			/^aegis_commit_seconds_count [1-9]/m,
			/^aegis_received_bytes_total [1-9]/m,
			/^aegis_sent_bytes_total [1-9]/m,
			/^process_resident_memory_bytes [1-9]/m,
			/^nodejs_eventloop_lag_p99_seconds /m,
		]) {
			expect(metrics).toMatch(name);
		}
		await relay.end('SIGTERM');

		const lines = relay.output().trim().split('\n');
		const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
		expect(events).toEqual(['started', 'quota', 'stopping']);
		const names = [mailbox, bytesOf(77), ...[1, 2, 3, 4].map((n) => packetOf(n).packet)];
		for (const told of [relay.output(), metrics]) {
			expect(told).not.toMatch(/127\.0\.0\.1|::1|localhost/);
			for (const name of names) {
				expect(told).not.toContain(toHex(name));
				expect(told).not.toContain(toBase64Url(name));
			}
		}
	});

	it('[RV10] serves metrics only where it was told to', async () => {
		const relay = await start();
		const answer = await fetch(`http://127.0.0.1:${String(relay.port)}/metrics`);
		expect(answer.status).toBe(404);
	});

	it('[RV11] is ready only while it can really store', async () => {
		const relay = await start();
		const ready = async (): Promise<number> =>
			(await fetch(`http://127.0.0.1:${String(relay.port)}/readyz`)).status;
		const wal = async (): Promise<number> =>
			(await stat(join(place.data, 'mailboxes.db-wal'))).size;
		const before = await wal();
		expect(await ready()).toBe(200);
		const after = await wal();
		expect(after).toBeGreaterThan(before);
		// However many ask, it is not many writes.
		await Promise.all(Array.from({ length: 50 }, ready));
		expect(await wal()).toBeLessThan(after + 5 * (after - before));
	});

	it('[RV16] holds the address of its WebRTC, the same after each start', async () => {
		const addressOf = (relay: RelayProcess): string =>
			/\/ip4\/192\.0\.2\.7\/udp\/\d+\/webrtc-direct\/\S+/.exec(relay.output())?.[0] ?? '';
		const args = ['--public-ip', '192.0.2.7', '--webrtc-port'];
		const first = await start(...args, '0');
		const address = addressOf(first);
		const link = /Link: {3}(\S+)/.exec(first.output())?.[1] ?? '';
		expect(unwrap(decodeRelayLink(link)).relay.urls).toEqual([first.url, address]);
		await first.end('SIGTERM');
		expect((await stat(join(place.data, 'webrtc.pem'))).mode & 0o777).toBe(0o600);
		const port = /\/udp\/(\d+)/.exec(address)?.[1] ?? '';
		const second = await start(...args, port);
		expect(addressOf(second)).toBe(address);
		expect((await start('--data', join(place.folder, 'other'))).output()).not.toMatch(/webrtc/);
	});

	it('[RV13] is a page for people, complete in itself, where no app is served', async () => {
		const relay = await start('--name', 'Tea & <b>relays</b>', '--contact', 'ops@relay.example');
		const response = await fetch(`http://127.0.0.1:${String(relay.port)}/`);
		const page = await response.text();
		expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; /);
		expect(page).toContain('Tea &amp; &lt;b&gt;relays&lt;/b&gt;');
		expect(page).toContain('ops@relay.example');
		const link = /Link: {3}(\S+)/.exec(relay.output())?.[1] ?? '';
		expect(page).toContain(`<code id="link">${link}</code>`);
		expect(page).toMatch(/<svg [^]*<\/svg>[^]*<svg /);
		// Nothing is fetched from anywhere: no sources, no links, no imports.
		expect(page).not.toMatch(/\s(src|href|action|srcset)=|url\(|@import/);
	});
});
