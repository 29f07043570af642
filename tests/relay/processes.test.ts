// Two processes of one relay on one PostgreSQL: to their clients they are one relay.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLine } from '../../relay-server/store/postgres/line.ts';
import { blockOf, bytesOf, crypto, hashOf, packetOf, tokenOf } from '../support/mailbox-world.ts';
import { createPostgres, postgresPrograms } from '../support/postgres.ts';
import { reachRelay, startRelayProcess, type RelayProcess } from '../support/relay-process.ts';
import { createBalancer } from '../support/tcp-balancer.ts';
import { until } from '../support/until.ts';
import type { MailboxClient } from '#lib/mailbox/client-api.ts';
import { mailboxId } from '#lib/mailbox/proofs.ts';
import { toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

const TOKENS = 4;
const writeKey = await crypto.signingKey(bytesOf(2));
const mailbox = mailboxId(crypto, writeKey.publicKey, bytesOf(3));

interface Person {
	readonly client: MailboxClient;
	readonly numbers: number[];
	readonly packets: string[];
	readonly presence: string[];
	readonly deleted: string[];
	closed: boolean;
}

const meet = async (url: string): Promise<Person> => {
	const { client } = reachRelay(url);
	const person: Person = {
		client,
		numbers: [],
		packets: [],
		presence: [],
		deleted: [],
		closed: false,
	};
	client.onPacket = (_, number, packet) => {
		person.numbers.push(number);
		person.packets.push(toHex(packet));
	};
	client.onPresence = (_, token, connected) => {
		person.presence.push(`${String(connected)} ${toHex(token)}`);
	};
	client.onDeleted = (_, packet) => person.deleted.push(toHex(packet));
	client.onClose = () => (person.closed = true);
	unwrap(
		await client.open({
			writeKey,
			ownerKey: bytesOf(3),
			tokenHashes: Array.from({ length: TOKENS }, (_, n) => hashOf(n)),
		}),
	);
	return person;
};
const subscribed = async (url: string, token: number): Promise<Person> => {
	const person = await meet(url);
	unwrap(await person.client.subscribe(mailbox, tokenOf(token), 0));
	return person;
};

describe.skipIf(postgresPrograms() === undefined)('two processes of a relay', () => {
	let server: Awaited<ReturnType<typeof createPostgres>>;
	let folder: string;
	let url: string;
	let databases = 0;
	let one: RelayProcess;
	let other: RelayProcess;

	const start = (name: string): Promise<RelayProcess> =>
		startRelayProcess(['--data', join(folder, name), '--postgres', url]);

	beforeAll(async () => {
		server = await createPostgres();
	});
	afterAll(() => server.remove());
	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'relays-'));
		const line = createLine([server.url]);
		databases += 1;
		await line.run(`CREATE DATABASE d${String(databases)}`);
		await line.end();
		url = server.url.replace(/postgres$/, `d${String(databases)}`);
		[one, other] = await Promise.all([start('one'), start('other')]);
	});
	afterEach(async () => {
		await Promise.all([one.end('SIGKILL'), other.end('SIGKILL')]);
		await rm(folder, { recursive: true });
	});

	it('[RS5] have one key', async () => {
		const keys = await Promise.all(
			[one, other].map(async (relay) =>
				toHex(unwrap(await reachRelay(relay.url).client.ready).relayKey),
			),
		);
		expect(keys[0]).toBe(keys[1]);
	});

	it('[RS7] bring a packet to its recipients at both, and the receipt of its end to who put it', async () => {
		const alice = await meet(one.url);
		const bob = await subscribed(one.url, 1);
		const carol = await subscribed(other.url, 2);
		const packet = packetOf(1, [hashOf(1), hashOf(2)]);
		unwrap(await alice.client.put(mailbox, writeKey, packet));
		await until(() => expect(bob.numbers).toEqual([1]));
		await until(() => expect(carol.numbers).toEqual([1]));
		unwrap(await bob.client.acknowledge(mailbox, tokenOf(1), 0, [packet.packet]));
		unwrap(await carol.client.acknowledge(mailbox, tokenOf(2), 0, [packet.packet]));
		await until(() => expect(alice.deleted).toEqual([toHex(packet.packet)]));
	});

	it('[RS7] push every packet once and in order of its number, whoever puts it where', async () => {
		const people = await Promise.all(
			[1, 2].map((n) => subscribed(n === 1 ? one.url : other.url, n)),
		);
		const writers = await Promise.all([one, other, one, other].map((relay) => meet(relay.url)));
		const each = 40;
		const to = [hashOf(1), hashOf(2)];
		await Promise.all(
			writers.map(async ({ client }, writer) => {
				for (let n = 0; n < each; n++) {
					unwrap(await client.put(mailbox, writeKey, packetOf(writer * each + n, to)));
				}
			}),
		);
		const all = Array.from({ length: each * writers.length }, (_, n) => n + 1);
		for (const person of people) await until(() => expect(person.numbers).toEqual(all));
	});

	it('[RS7] hand on what is stored nowhere, and say whom it reached', async () => {
		const alice = await meet(one.url);
		const bob = await subscribed(one.url, 1);
		const carol = await subscribed(other.url, 2);
		await until(() => expect(bob.presence).toContain(`true ${toHex(hashOf(2))}`));
		const block = blockOf(5, 16_384);
		const reached = unwrap(
			await alice.client.push(mailbox, writeKey, { packet: bytesOf(77), to: null, block }),
		);
		expect(reached.map(toHex).sort()).toEqual([hashOf(1), hashOf(2)].map(toHex).sort());
		expect(bob.numbers).toEqual([0]);
		await until(() => expect(carol.packets).toEqual([toHex(bytesOf(77))]));
		expect(unwrap(await alice.client.stat(mailbox, writeKey)).packets).toBe(0);
	});

	it('[RS7] tell who is connected, and who went, also with a whole process', async () => {
		const alice = await subscribed(one.url, 1);
		const bob = await subscribed(other.url, 2);
		const [a, b] = [toHex(hashOf(1)), toHex(hashOf(2))];
		await until(() => expect(alice.presence).toEqual([`true ${b}`]));
		await until(() => expect(bob.presence).toEqual([`true ${a}`]));
		// A second device session of bob's token, here; then the first one goes: he is there all the time.
		const again = await subscribed(one.url, 2);
		bob.client.close('moved');
		const carol = await meet(other.url);
		const waiting = unwrap(await carol.client.subscribe(mailbox, tokenOf(3), 0));
		await until(() => expect(alice.presence.at(-1)).toBe(`true ${toHex(hashOf(3))}`));
		expect(waiting.connected.length).toBeLessThanOrEqual(2);
		await until(() =>
			expect(carol.presence).toEqual(expect.arrayContaining([`true ${a}`, `true ${b}`])),
		);
		await other.end('SIGKILL');
		await until(() => expect(alice.presence.at(-1)).toBe(`false ${toHex(hashOf(3))}`));
		expect(alice.presence).not.toContain(`false ${b}`);
		again.client.close('done');
		await until(() => expect(alice.presence.at(-1)).toBe(`false ${b}`));
	});

	it('[RS7] let clients move on when one is killed, and lose nothing by it', async () => {
		const balancer = await createBalancer([one.port, other.port]);
		const address = `ws://127.0.0.1:${String(balancer.port)}/relay`;
		const received = new Set<string>();
		/** Comes back whenever it is cut off. */
		const keep = async (token: number): Promise<void> => {
			const person = await subscribed(address, token).catch(() => undefined);
			if (person === undefined) return keep(token);
			person.client.onPacket = (_, __, packet) =>
				void received.add(`${String(token)} ${toHex(packet)}`);
			person.client.onClose = () => void keep(token);
			const { packets } = unwrap(await person.client.subscribe(mailbox, tokenOf(token), 0));
			for (const { packet } of packets) received.add(`${String(token)} ${toHex(packet)}`);
		};
		await Promise.all([keep(1), keep(2)]);
		const to = [hashOf(1), hashOf(2)];
		const promised: string[] = [];
		let client = (await meet(address)).client;
		for (let n = 0; n < 120; n++) {
			if (n === 40) one.child.kill('SIGKILL');
			const packet = packetOf(n, to);
			for (;;) {
				const put = await client.put(mailbox, writeKey, packet);
				if (put.ok) break;
				client = (await meet(address).catch(() => ({ client }))).client;
			}
			promised.push(toHex(packet.packet));
		}
		await until(() => {
			for (const token of ['1', '2']) {
				expect(promised.filter((packet) => !received.has(`${token} ${packet}`))).toEqual([]);
			}
		});
		await balancer.close();
	});

	it('[RS7] find what they were not told of', async () => {
		const alice = await meet(one.url);
		const bob = await subscribed(other.url, 1);
		const operator = createLine([url]);
		const deaf =
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query LIKE '%pg_notify%' AND pid <> pg_backend_pid()";
		for (let n = 0; n < 10; n++) {
			await operator.run(deaf);
			unwrap(await alice.client.put(mailbox, writeKey, packetOf(n, [hashOf(1)])));
		}
		await until(() => expect(bob.numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
		await operator.end();
	});
});
