// The side of somebody who has come back with nothing but the recovery phrase: knocks on every relay that is known, and
// hears which spaces there are. What it waits with survives a restart; it ends when the person says so, or after a month.
// [RT1] [RT2]
import { deleteHash } from '#lib/crypto/hash.ts';
import { prekeyFrom } from '#lib/crypto/identity.ts';
import { openWith, sealTo } from '#lib/crypto/seal.ts';
import { mailboxId, tokenHash } from '#lib/mailbox/proofs.ts';
import { retryDelay } from '#lib/mesh/retry.ts';
import { bytes, decode, encode, tuple, uint } from '#lib/protocol/cbor.ts';
import { decodeFoundSpace, type FoundSpace } from '#lib/protocol/coming-back.ts';
import { DAY, DEFAULT_TTL_SECONDS } from '#lib/protocol/limits.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { ComingBackView } from '../api.ts';
import { attachMailbox, type Attachment } from '../delivery/attachment.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports, Self } from '../ports.ts';
import { returnDoor } from './doors.ts';

const KNOCK_AGAIN = 60_000;
const ENDS_AFTER = 30 * DAY;
/** Spaces that anybody is believed about: whoever knows the Root Hash may name some. */
const MAX_FOUND = 256;

interface Waiting {
	readonly writeSeed: Bytes;
	readonly ownerSeed: Bytes;
	readonly token: Bytes;
	/** Opens the answers, and goes with them. */
	readonly prekeySeed: Bytes;
	readonly since: number;
}

const ROW = { table: 'account', key: ['coming-back'] } as const;
const shape = tuple(bytes(32), bytes(32), bytes(32), bytes(32), uint());

export interface ComingBack {
	/** null: nothing is looked for. */
	readonly view: Readable<ComingBackView | null>;
	load(): Promise<void>;
	begin(): Promise<void>;
	/** Nothing more is looked for; what was found stays. */
	end(): Promise<void>;
	stop(): void;
}

export function createComingBack(
	ports: Ports,
	self: Self,
	pool: RelayPool,
	onFound: (space: FoundSpace) => void,
): ComingBack {
	const { clock, crypto, random, store } = ports;
	const view = createSignal<ComingBackView | null>(null);
	const found = new Set<string>();
	const asked = new Set<string>();
	/** By relay (hex): what ends knocking and listening there. */
	const knocking = new Map<string, () => void>();
	let stopWatching = (): void => undefined;

	const publish = (since: number): void => {
		view.set({ since, found: found.size, asked: asked.size > 0 });
	};

	async function onReply(block: Bytes, { prekeySeed, since }: Waiting): Promise<void> {
		const opened = await openWith(crypto, await crypto.agreementKey(prekeySeed), block);
		const space = opened && decodeFoundSpace(opened);
		if (space?.ok !== true) return;
		const key = toHex(space.value.space);
		if (found.size >= MAX_FOUND && !found.has(key)) return;
		found.add(key);
		onFound(space.value);
		publish(since);
	}

	async function knockAt(relay: string, waiting: Waiting): Promise<void> {
		const { device, member } = self;
		const secret = { seed: waiting.prekeySeed, time: waiting.since };
		const prekey = await prekeyFrom(crypto, secret, device, member.certificate.rootKey);
		const door = await returnDoor(ports, { device, member: { ...member, prekey } }, null);
		const writeKey = await crypto.signingKey(waiting.writeSeed);
		const ownerKey = await crypto.signingKey(waiting.ownerSeed);
		const tokenHashes = [await tokenHash(crypto, waiting.token)];
		const mailbox = mailboxId(crypto, writeKey.publicKey, ownerKey.publicKey);
		if (!knocking.has(relay)) return;
		const attachment: Attachment = attachMailbox(
			ports,
			pool,
			relay,
			{
				mailbox,
				writeKey,
				ownerKey: ownerKey.publicKey,
				tokenHashes,
				ttl: DEFAULT_TTL_SECONDS,
				tokens: [waiting.token],
				vouchedBy: door,
			},
			{
				onBlock: async (block) => {
					await onReply(block, waiting);
					return true;
				},
				isHeld: () => false,
				onReady: () => undefined,
				onPresence: () => undefined,
			},
		);
		let cancel = (): void => undefined;
		let last: { packet: Bytes; preimage: Bytes } | undefined;
		let ended = false;

		/** One knock at a time lies there: a new one for those who began to look since, instead of the one before. */
		async function knock(attempt: number): Promise<void> {
			cancel();
			const client = pool.client(relay);
			if (client === undefined || ended) return;
			const request = await door.request({
				token: waiting.token,
				replyMailbox: mailbox,
				replyWriteSeed: waiting.writeSeed,
			});
			const block = await sealTo(crypto, random, door.sealedTo, request);
			if (block === undefined || ended) return;
			takeAway();
			last = { packet: random.bytes(32), preimage: random.bytes(32) };
			const put = await client.put(door.mailbox, door.writeKey, {
				packet: last.packet,
				ttl: DEFAULT_TTL_SECONDS,
				deleteHash: deleteHash(crypto, last.preimage),
				to: null,
				block,
			});
			if (ended) return;
			if (put.ok) asked.add(relay);
			publish(waiting.since);
			const wait = put.ok ? KNOCK_AGAIN : retryDelay(attempt + 1, 0.5);
			cancel = clock.after(wait, () => void knock(put.ok ? 0 : attempt + 1));
		}
		function takeAway(): void {
			if (last === undefined) return;
			const { packet, preimage } = last;
			void pool.client(relay)?.deletePacket(door.mailbox, packet, { preimage });
		}

		const stopListening = pool.listen(door.mailbox, relay, {
			onConnected: () => void knock(0),
			onDisconnected: () => {
				cancel();
			},
			onPacket: () => undefined,
			onPresence: () => undefined,
			onDeleted: () => undefined,
		});
		knocking.set(relay, () => {
			ended = true;
			cancel();
			takeAway();
			stopListening();
			attachment.detach();
		});
	}

	function start(waiting: Waiting): void {
		publish(waiting.since);
		stopWatching = pool.relays.subscribe((relays) => {
			for (const { key } of relays) {
				if (knocking.has(key)) continue;
				knocking.set(key, () => undefined);
				void knockAt(key, waiting);
			}
		});
	}

	function stop(): void {
		stopWatching();
		for (const end of knocking.values()) end();
		knocking.clear();
	}

	const write = (waiting: Waiting | null): ReturnType<typeof store.commit> => {
		const value =
			waiting &&
			encode([
				waiting.writeSeed,
				waiting.ownerSeed,
				waiting.token,
				waiting.prekeySeed,
				waiting.since,
			]);
		return store.commit([{ ...ROW, value }]);
	};

	async function end(): Promise<void> {
		stop();
		view.set(null);
		await write(null);
	}

	return {
		view,
		async load() {
			const kept = await store.get(ROW.table, ROW.key);
			const decoded = kept && decode(shape, kept, 512);
			if (decoded?.ok !== true) return;
			const [writeSeed, ownerSeed, token, prekeySeed, since] = decoded.value;
			if (clock.now() - since > ENDS_AFTER) await end();
			else start({ writeSeed, ownerSeed, token, prekeySeed, since });
		},
		async begin() {
			if (view.get() !== null) return;
			const waiting: Waiting = {
				writeSeed: random.bytes(32),
				ownerSeed: random.bytes(32),
				token: random.bytes(32),
				prekeySeed: random.bytes(32),
				since: Math.max(0, Math.floor(clock.now())),
			};
			await write(waiting);
			start(waiting);
		},
		end,
		stop,
	};
}
