// The relay as its operator has it: a process with a data folder, a port and signals.
import { createSocket } from 'node:dgram';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { blockOf, bytesOf, crypto, hashOf, packetOf, tokenOf } from '../support/mailbox-world.ts';
import { reachRelay, runRelay, type RelayProcess } from '../support/relay-process.ts';
import { decodeRelayLink } from '#lib/protocol/relay-link.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { MAX_FRAME } from '#lib/protocol/mailbox.ts';
import { fromBase64Url, toHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { relayFolder } from '../support/relay-folder.ts';
import { until } from '../support/until.ts';

const place = relayFolder();
const { start } = place;

const writeKey = await crypto.signingKey(bytesOf(2));
const mailbox = mailboxId(crypto, writeKey.publicKey, bytesOf(3));
const openOn = async (relay: RelayProcess): Promise<ReturnType<typeof reachRelay>> => {
	const reached = reachRelay(relay.url);
	const spec = { writeKey, ownerKey: bytesOf(3), tokenHashes: [hashOf(1)] };
	unwrap(await reached.client.open(spec));
	return reached;
};

/** How often the marker occurs in all files of the data folder, the write-ahead log included. */
async function copiesOf(marker: Uint8Array): Promise<number> {
	let copies = 0;
	for (const name of await readdir(place.data)) {
		if (name === 'admin.sock') continue;
		const content = await readFile(join(place.data, name));
		for (let at = content.indexOf(marker); at >= 0; at = content.indexOf(marker, at + 1)) copies++;
	}
	return copies;
}

describe('what is stored', () => {
	it('[RS1] survives SIGKILL, whenever it comes', async () => {
		const promised = new Set<string>();
		for (let round = 0; round < 4; round++) {
			const relay = await start();
			const { client } = await openOn(relay);
			let stored = 0;
			// So many that the end comes among them, however late the signal is heard.
			const puts = Array.from({ length: 1500 }, async (_, n) => {
				const packet = { ...packetOf(round * 2000 + n), ttl: 86_400 };
				const put = await client.put(mailbox, writeKey, packet);
				if (!put.ok) return;
				promised.add(toHex(packet.packet));
				stored += 1;
				if (stored === 50 + 60 * round) relay.child.kill('SIGKILL');
			});
			await Promise.all(puts);
			expect(stored).toBeGreaterThanOrEqual(50);
			expect(stored).toBeLessThan(1500);
		}
		const relay = await start();
		const { client } = reachRelay(relay.url);
		const found = new Set<string>();
		for (let cursor = 0, more = true; more;) {
			const waiting = unwrap(await client.subscribe(mailbox, tokenOf(1), cursor));
			for (const { packet } of waiting.packets) found.add(toHex(packet));
			({ cursor, more } = waiting);
		}
		expect([...promised].filter((packet) => !found.has(packet))).toEqual([]);
	});

	it('[RS2] leaves no trace on the disk within seconds of the last acknowledgement', async () => {
		const marker = bytesOf(0xabcdef);
		const block = blockOf(0, 16_384);
		for (let at = 0; at < block.length; at += marker.length) block.set(marker, at);

		const first = await start();
		const { client: alice } = await openOn(first);
		const packets = Array.from({ length: 40 }, (_, n) => ({ ...packetOf(n), block }));
		const puts = packets.map((packet) => alice.put(mailbox, writeKey, packet));
		(await Promise.all(puts)).forEach(unwrap);
		await first.end('SIGKILL');
		expect(await copiesOf(marker)).toBeGreaterThan(1000);

		const second = await start();
		const { client: bob } = reachRelay(second.url);
		const blocks: Bytes[] = [];
		bob.onPacket = (_, __, ___, received) => blocks.push(received);
		const waiting = unwrap(await bob.subscribe(mailbox, tokenOf(1), 0));
		const ids = waiting.packets.map((packet) => packet.packet);
		unwrap(await bob.fetch(mailbox, tokenOf(1), ids));
		expect(blocks).toHaveLength(40);
		expect(blocks.every((received) => Buffer.compare(received, block) === 0)).toBe(true);
		unwrap(await bob.acknowledge(mailbox, tokenOf(1), waiting.cursor, []));

		await until(async () => expect(await copiesOf(marker)).toBe(0));
		await until(async () =>
			expect((await stat(join(place.data, 'mailboxes.db-wal'))).size).toBe(0),
		);
	});

	it('[RS3] by a newer relay is refused, untouched', async () => {
		await (await start()).end('SIGTERM');
		const db = new DatabaseSync(join(place.data, 'mailboxes.db'));
		db.exec('PRAGMA user_version = 99');
		db.close();
		const refused = await runRelay(['--data', place.data, '--host', '127.0.0.1', '--port', '0']);
		expect(refused.code).toBe(1);
		expect(refused.output).toMatch(/^The data folder .* was written by a newer relay[^\n]*\n$/);
	});

	it('[RS4] belongs to one relay at a time', async () => {
		await start();
		const refused = await runRelay(['--data', place.data, '--host', '127.0.0.1', '--port', '0']);
		expect(refused.code).toBe(1);
		expect(refused.output).toMatch(/^The data folder .* is in use by another relay[^\n]*\n$/);
	});
});

describe('the process', () => {
	it('[RV8] ends cleanly and soon on SIGTERM and SIGINT, and tells its clients', async () => {
		for (const signal of ['SIGTERM', 'SIGINT'] as const) {
			const relay = await start();
			const { client, closed } = await openOn(relay);
			unwrap(await client.put(mailbox, writeKey, packetOf(1)));
			// One more that never reads nor answers.
			const mute = new WebSocket(relay.url);
			await new Promise((resolve) => mute.once('open', resolve));
			mute.pause();
			expect(await relay.end(signal)).toBe(0);
			expect((await closed).code).toBe(1001);
			expect(
				(await stat(join(place.data, 'mailboxes.db-wal')).catch(() => ({ size: 0 }))).size,
			).toBe(0);
		}
	});

	it('[RV1] says in one line that its port is taken', async () => {
		const blocker = createServer();
		await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
		const { port } = blocker.address() as AddressInfo;
		const args = ['--data', place.data, '--host', '127.0.0.1'];
		const refused = await runRelay([...args, '--port', String(port)]);
		const fromEnvironment = await runRelay(args, { AEGIS_PORT: String(port) });
		blocker.close();
		expect(refused).toEqual({
			code: 1,
			output: `Port ${String(port)} is taken: stop what uses it, or choose another with --port.\n`,
		});
		expect(fromEnvironment).toEqual(refused);
	});

	it.each([
		[['--tls-cert', '/nowhere', '--tls-key', '/nowhere'], /^The certificate can't be used/],
		[['--serve', '/nowhere'], /^There is no built app/],
		[['--nonsense'], /nonsense/],
		[['--data', '/dev/null/x'], /^The data folder/],
	])('[RV1] says in one line what is wrong with %j', async (args, sentence) => {
		const refused = await runRelay(['--port', '0', '--data', place.data, ...args]);
		expect(refused.code).toBe(1);
		expect(refused.output).toMatch(sentence);
		expect(refused.output.trim().split('\n')).toHaveLength(1);
	});

	it('[RV1] explains itself', async () => {
		const help = await runRelay(['--help']);
		expect(help.code).toBe(0);
		expect(help.output).toMatch(/--port N .* AEGIS_PORT/);
	});

	it('[RV2] keeps its key, for its own eyes only', async () => {
		const keyOf = async (relay: RelayProcess): Promise<string> =>
			toHex(unwrap(await reachRelay(relay.url).client.ready).relayKey);
		const first = await start();
		const key = await keyOf(first);
		await first.end('SIGTERM');
		expect((await stat(join(place.data, 'relay.key'))).mode & 0o777).toBe(0o600);
		expect((await stat(place.data)).mode & 0o777).toBe(0o700);
		const second = await start();
		expect(await keyOf(second)).toBe(key);
		await writeFile(join(place.data, 'relay.key'), 'short');
		await second.end('SIGTERM');
		const refused = await runRelay(['--data', place.data, '--host', '127.0.0.1', '--port', '0']);
		expect(refused.output).toMatch(/is not a relay key/);
	});
});

describe('the addresses', () => {
	it('[RV3] are printed as text, link and QR code, and told to the app', async () => {
		const relay = await start();
		const hello = unwrap(await reachRelay(relay.url).client.ready);
		const printed = /Link: {3}(\S+)/.exec(relay.output())?.[1] ?? '';
		expect(unwrap(decodeRelayLink(printed)).relay).toEqual({
			key: hello.relayKey,
			urls: [relay.url],
		});
		expect(relay.output()).toContain('█');

		const response = await fetch(`http://localhost:${String(relay.port)}/relay.json`).catch(() =>
			fetch(`http://127.0.0.1:${String(relay.port)}/relay.json`),
		);
		const told = (await response.json()) as {
			version: number;
			key: string;
			urls: string[];
			link: string;
		};
		expect(told).not.toHaveProperty('publicRelay');
		expect(told.version).toBe(1);
		expect(fromBase64Url(told.key)).toEqual(hello.relayKey);
		expect(told.urls).toContain(relay.url);
		expect(unwrap(decodeRelayLink(told.link)).relay).toEqual({
			key: hello.relayKey,
			urls: told.urls,
		});
	});

	it('[RV3] are the public ones where the operator names them', async () => {
		const args = ['--public-url', 'https://relay.example'];
		const relay = await start(...args);
		expect(relay.output()).toMatch(/Relay: {2}wss:\/\/relay\.example\/relay\n/);
		expect(relay.output()).toMatch(/Link: {3}https:\/\/relay\.example\/#\/relay\//);
	});

	it('[RV3] tell of a public relay only where the operator names one', async () => {
		const address = 'wss://open.example/relay';
		const { port } = await start('--public-relay', address);
		const response = await fetch(`http://127.0.0.1:${String(port)}/relay.json`);
		expect(await response.json()).toMatchObject({ publicRelay: address });
	});
});

describe('the sockets', () => {
	it('[RV4] take binary frames up to the bound on /relay, and nothing else', async () => {
		const relay = await start();
		const closeCode = (socket: WebSocket): Promise<number> =>
			new Promise((resolve) => socket.once('close', resolve));
		const opened = (): Promise<WebSocket> =>
			new Promise((resolve, reject) => {
				const socket = new WebSocket(relay.url);
				socket.once('open', () => resolve(socket));
				socket.once('error', reject);
			});
		const large = await opened();
		large.send(new Uint8Array(MAX_FRAME + 1));
		expect(await closeCode(large)).toBe(1009);
		const text = await opened();
		text.send('hello');
		expect(await closeCode(text)).toBe(1008);
		const broken = await opened();
		broken.send(new Uint8Array([255]));
		expect(await closeCode(broken)).toBe(1008);

		const elsewhere = new WebSocket(relay.url.replace('/relay', '/other'));
		const refused = await new Promise<Error>((resolve) => elsewhere.once('error', resolve));
		expect(refused.message).toMatch(/404/);
		unwrap(await reachRelay(relay.url).client.ready);
	});

	it('[RV6] answer STUN on the same port number', async () => {
		const relay = await start();
		const hello = unwrap(await reachRelay(relay.url).client.ready);
		expect(hello.stunPort).toBe(relay.port);
		const request = Buffer.alloc(20);
		request.writeUInt16BE(1, 0);
		request.writeUInt32BE(0x2112a442, 4);
		request.fill(9, 8);
		const socket = createSocket('udp4');
		const answer = await new Promise<Buffer>((resolve) => {
			socket.once('message', resolve);
			socket.send(request, relay.port, '127.0.0.1');
		});
		const { port } = socket.address();
		socket.close();
		expect(answer.readUInt16BE(0)).toBe(0x0101);
		expect(answer.subarray(8, 20)).toEqual(request.subarray(8, 20));
		expect(answer.readUInt16BE(26) ^ 0x2112).toBe(port);
		expect((answer.readUInt32BE(28) ^ 0x2112a442) >>> 0).toBe(0x7f000001);
	});

	it('[RV5] speak TLS with a certificate of their own, the same after a restart', async () => {
		const fingerprintOf = (relay: RelayProcess): Promise<string> =>
			new Promise((resolve, reject) => {
				const socket = connectTls({
					port: relay.port,
					host: '127.0.0.1',
					rejectUnauthorized: false,
				});
				socket.once('secureConnect', () => {
					resolve(socket.getPeerCertificate().fingerprint256);
					socket.destroy();
				});
				socket.once('error', reject);
			});
		const first = await start('--tls-self-signed');
		expect(first.url).toMatch(/^wss:/);
		const { client } = await openOn(first);
		unwrap(await client.put(mailbox, writeKey, packetOf(1)));
		const fingerprint = await fingerprintOf(first);
		await first.end('SIGTERM');
		expect((await stat(join(place.data, 'self-signed.pem'))).mode & 0o777).toBe(0o600);
		expect(await fingerprintOf(await start('--tls-self-signed'))).toBe(fingerprint);
	});
});
