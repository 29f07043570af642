// The client's side of a mailbox connection, against a relay that a test plays itself.
import { describe, expect, it } from 'vitest';
import { createChannelPair, type ChannelEnd } from '../../support/channel-pair.ts';
import {
	bytesOf,
	createWorld,
	crypto,
	hashOf,
	packetOf,
	tokenOf,
} from '../../support/mailbox-world.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import type { MailboxClient } from '#lib/mailbox/client-api.ts';
import { createMailboxClient } from '#lib/mailbox/client.ts';
import { helloContent, mailboxId } from '#lib/mailbox/proofs.ts';
import { createReceiptSigner } from '#lib/mailbox/receipts.ts';
import {
	decodeClientFrame,
	encodeRelayFrame,
	type ClientFrame,
	type RelayFrame,
} from '#lib/protocol/mailbox.ts';
import { unwrap } from '#lib/util/result.ts';
import { until } from '../../support/until.ts';

const relayKey = await crypto.signingKey(bytesOf(1));
const writeKey = await crypto.signingKey(bytesOf(2));
const mailbox = mailboxId(crypto, writeKey.publicKey, bytesOf(3));
const SAID = {
	version: 1,
	relayKey: relayKey.publicKey,
	challenge: bytesOf(77),
	time: 1_800_000_000,
	stunPort: 3478,
	invitedOnly: false,
	draining: false,
};
type Hello = Extract<RelayFrame, { type: 'hello' }>;
/** What the relay answers to a greeting with this challenge. */
const helloTo = async (
	asked: Uint8Array,
	said: Partial<Hello> = {},
	signer = relayKey,
): Promise<Hello> => {
	const hello = { ...SAID, ...said };
	return { type: 'hello', ...hello, signature: await signer.sign(helloContent(asked, hello)) };
};
/** The client's challenge in these tests. */
const ASKED = new Uint8Array(32).fill(1);
const HELLO = await helloTo(ASKED);
const UNSUPPORTED = await helloTo(ASKED, { version: 2 });
const UNASKED = await helloTo(bytesOf(5));

interface Play {
	readonly clock: ManualClock;
	readonly client: MailboxClient;
	readonly relay: ChannelEnd;
	readonly asked: ClientFrame[];
	readonly closed: () => string | undefined;
	tell(frame: RelayFrame): void;
	/** Waits for the n-th request of a kind. */
	request<T extends ClientFrame['type']>(
		type: T,
		n?: number,
	): Promise<Extract<ClientFrame, { type: T }>>;
}

function play(): Play {
	const clock = createManualClock();
	const [ours, relay] = createChannelPair();
	const asked: ClientFrame[] = [];
	relay.onFrame = (encoded) => {
		const frame = unwrap(decodeClientFrame(encoded));
		asked.push(frame);
		// Tokens are good, unless a test says otherwise.
		if (frame.type === 'token') {
			relay.send(encodeRelayFrame({ type: 'done', request: frame.request }));
		}
	};
	const client = createMailboxClient({
		channel: ours,
		crypto,
		clock,
		random: { bytes: (length) => new Uint8Array(length).fill(1) },
	});
	let closed: string | undefined;
	client.onClose = (reason) => {
		closed = closed === undefined ? reason : 'closed twice';
	};
	return {
		clock,
		client,
		relay,
		asked,
		closed: () => closed,
		tell: (frame) => relay.send(encodeRelayFrame(frame)),
		request: (type, n = 0) =>
			until(() => {
				const found = asked.filter((frame) => frame.type === type)[n];
				if (found === undefined) throw new Error(`no ${type}`);
				return found as never;
			}),
	};
}

async function greeted(): Promise<Play> {
	const scene = play();
	scene.tell(HELLO);
	unwrap(await scene.client.ready);
	return scene;
}

const errorOf = (result: { ok: boolean; error?: { type: string } }): string | undefined =>
	result.ok ? undefined : result.error?.type;

describe('the greeting', () => {
	it('[MB19] is told, and requests wait for it', async () => {
		const { client, asked, tell, request } = play();
		const subscribed = client.subscribe(mailbox, tokenOf(1), 0);
		await new Promise((resolve) => setImmediate(resolve));
		expect(asked).toEqual([{ type: 'greet', version: 1, challenge: ASKED }]);
		tell(HELLO);
		expect(unwrap(await client.ready)).toEqual({
			relayKey: relayKey.publicKey,
			time: 1_800_000_000,
			stunPort: 3478,
			access: 'open',
			draining: false,
		});
		const frame = await request('subscribe');
		tell({
			type: 'waiting',
			request: frame.request,
			cursor: 4,
			packets: [],
			more: false,
			connected: [],
		});
		expect(unwrap(await subscribed).cursor).toBe(4);
	});

	it('[MB19] has 10 s to come', async () => {
		const { client, clock, closed } = play();
		const stat = client.stat(mailbox, writeKey);
		clock.advance(9999);
		expect(closed()).toBeUndefined();
		clock.advance(1);
		expect(errorOf(await client.ready)).toBe('no-hello');
		expect(errorOf(await stat)).toBe('disconnected');
		expect(closed()).toMatch(/no greeting/);
	});

	it.each<[string, RelayFrame | Uint8Array]>([
		['not-a-relay', { type: 'done', request: 1 }],
		['not-a-relay', new Uint8Array([1, 2, 3])],
		['unsupported', UNSUPPORTED],
		['unproven', { ...HELLO, relayKey: bytesOf(9) }],
		['unproven', UNASKED],
		['unproven', { ...HELLO, challenge: bytesOf(5) }],
		[
			'refused',
			{ type: 'error', request: 0, code: 12, retryAfter: 7, words: 'too many connections' },
		],
	])('[MB19] %s: it is not what it should be', async (type, frame) => {
		const { client, relay, closed } = play();
		relay.send(frame instanceof Uint8Array ? frame : encodeRelayFrame(frame));
		expect(errorOf(await client.ready)).toBe(type);
		expect(closed()).toBeDefined();
	});

	it('[MB19] that never comes because the line broke is said so', async () => {
		const { client, relay } = play();
		relay.close('broken');
		expect(errorOf(await client.ready)).toBe('disconnected');
		const late = await new Promise((resolve) => {
			client.onClose = resolve;
		});
		expect(late).toBe('broken');
	});
});

describe('a request', () => {
	it('[MB19] gets an answer within 10 s or fails, and a late answer hurts nobody', async () => {
		const { client, clock, tell, request } = await greeted();
		const acknowledged = client.acknowledge(mailbox, tokenOf(1), 1, []);
		const { request: number } = await request('ack');
		const { request: ping } = await request('ping');
		tell({ type: 'pong', request: ping });
		await until(() => expect(client.roundTrip()).toBe(0));
		clock.advance(9999);
		tell({ type: 'done', request: 12345 });
		clock.advance(1);
		expect(errorOf(await acknowledged)).toBe('timeout');
		tell({ type: 'done', request: number });
		const second = client.acknowledge(mailbox, tokenOf(1), 1, []);
		tell({ type: 'done', request: (await request('ack', 1)).request });
		unwrap(await second);
	});

	it('[MB19] fails at once when the connection ends', async () => {
		const { client, relay, request, closed } = await greeted();
		const running = client.acknowledge(mailbox, tokenOf(1), 1, []);
		await request('ack');
		relay.close('gone');
		expect(errorOf(await running)).toBe('disconnected');
		expect(errorOf(await client.acknowledge(mailbox, tokenOf(1), 1, []))).toBe('disconnected');
		expect(closed()).toBe('gone');
	});

	it('[MB19] waits its turn, so that a slow line is not flooded', async () => {
		const { client, tell, asked, request } = await greeted();
		const all = Array.from({ length: 200 }, () => client.acknowledge(mailbox, tokenOf(1), 1, []));
		await request('ack', 63);
		const acks = (): ClientFrame[] => asked.filter((frame) => frame.type === 'ack');
		expect(acks()).toHaveLength(64);
		for (let n = 0; n < 200; n++)
			tell({ type: 'done', request: (await request('ack', n)).request });
		expect((await Promise.all(all)).every((done) => done.ok)).toBe(true);
	});

	it('[MB19] that fetches may take longer than 10 s while blocks arrive', async () => {
		const { client, clock, tell, request } = await greeted();
		let received = 0;
		client.onPacket = () => received++;
		const fetched = client.fetch(mailbox, tokenOf(1), [bytesOf(1), bytesOf(2)]);
		const { request: number } = await request('fetch');
		for (let n = 1; n <= 4; n++) {
			clock.advance(4000);
			tell({ type: 'packet', mailbox, number: n, packet: bytesOf(n), block: packetOf(n).block });
			await until(() => expect(received).toBe(n));
		}
		tell({ type: 'done', request: number });
		unwrap(await fetched);
	});

	it('[MB19] never takes an answer of another kind', async () => {
		const { client, tell, request, closed } = await greeted();
		const acknowledged = client.acknowledge(mailbox, tokenOf(1), 1, []);
		tell({ type: 'pushed', request: (await request('ack')).request, connected: [] });
		expect(errorOf(await acknowledged)).toBe('disconnected');
		expect(closed()).toMatch(/something else/);
	});

	it('[MB3] proves again after a proof that failed', async () => {
		const { client, tell, request } = await greeted();
		const first = client.stat(mailbox, writeKey);
		const one = await request('prove');
		tell({ type: 'error', request: one.request, code: 2, retryAfter: 0, words: 'no such mailbox' });
		expect(errorOf(await first)).toBe('unknown-mailbox');
		const second = client.stat(mailbox, writeKey);
		tell({ type: 'done', request: (await request('prove', 1)).request });
		const { request: number } = await request('stat', 1);
		tell({ type: 'status', request: number, packets: 1, bytes: 1024, open: true });
		expect(unwrap(await second)).toEqual({ packets: 1, bytes: 1024, open: true });
	});

	it('[MB4] carries any number of tokens, in as many frames as needed', async () => {
		const world = await createWorld();
		const alice = await world.opened(600);
		expect((await world.store.mailbox(world.mailbox))?.tokens).toBe(600);
		unwrap(await alice.subscribe(world.mailbox, tokenOf(600), 0));
		unwrap(await alice.put(world.mailbox, world.writeKey, packetOf(1, [hashOf(599)])));
	});
});

describe('a dead line', () => {
	it('[MB19] is noticed within 15 s', async () => {
		const { client, clock, tell, request, closed } = await greeted();
		tell({ type: 'pong', request: (await request('ping')).request });
		await until(() => expect(client.roundTrip()).toBe(0));
		clock.advance(10_000);
		await request('ping', 1);
		clock.advance(4999);
		expect(closed()).toBeUndefined();
		clock.advance(1);
		expect(closed()).toBe('the relay does not answer');
	});

	it('[MB19] is not one on which anything arrives', async () => {
		const { client, clock, tell, request, closed } = await greeted();
		const { request: ping } = await request('ping');
		clock.advance(300);
		let seen = 0;
		client.onPresence = () => seen++;
		tell({ type: 'presence', mailbox, tokenHash: hashOf(1), connected: true });
		await until(() => expect(seen).toBe(1));
		clock.advance(4700);
		expect(closed()).toBeUndefined();
		tell({ type: 'pong', request: ping });
		await until(() => expect(client.roundTrip()).toBe(5000));
	});
});

describe('a receipt', () => {
	it('[MB20] counts only with the signature of the relay’s key, over this packet', async () => {
		const stranger = await crypto.signingKey(bytesOf(99));
		const { client, tell, request } = await greeted();
		const put = async (n: number, signer = relayKey, expiry = 5, packet = packetOf(n).packet) => {
			const stored = client.put(mailbox, writeKey, packetOf(n));
			if (n === 0) tell({ type: 'done', request: (await request('prove')).request });
			const { request: number } = await request('put', n);
			const receipt = await createReceiptSigner(crypto, signer).sign(mailbox, packet, expiry);
			tell({ type: 'stored', request: number, packet, receipt });
			return stored;
		};
		unwrap(await put(0));
		expect(errorOf(await put(1, stranger))).toBe('bad-receipt');
		expect(errorOf(await put(2, relayKey, 5, packetOf(9).packet))).toBe('bad-receipt');
		expect(errorOf(await put(3, relayKey, 0))).toBe('bad-receipt');
	});

	it('[MB20] of a deletion is passed on only when it is genuine', async () => {
		const stranger = await crypto.signingKey(bytesOf(99));
		const { client, tell } = await greeted();
		const heard: number[] = [];
		client.onDeleted = (_, packet) => heard.push(packet[3] ?? 0);
		const sign = (key: typeof relayKey, n: number, expiry: number) =>
			createReceiptSigner(crypto, key).sign(mailbox, bytesOf(n), expiry);
		tell({ type: 'deleted', mailbox, packet: bytesOf(1), receipt: await sign(stranger, 1, 0) });
		tell({ type: 'deleted', mailbox, packet: bytesOf(2), receipt: await sign(relayKey, 2, 7) });
		tell({ type: 'deleted', mailbox, packet: bytesOf(3), receipt: await sign(relayKey, 4, 0) });
		tell({ type: 'deleted', mailbox, packet: bytesOf(5), receipt: await sign(relayKey, 5, 0) });
		await until(() => expect(heard).toEqual([5]));
	});
});
