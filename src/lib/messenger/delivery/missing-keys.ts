// Keys of an epoch that its EPOCH owed to a device and did not give, because whoever made it put something else in that box:
// the device asks the others, one after the other, and they hand on what all its recipients share. With that it reads the
// EPOCH, and makes the next one, for a token of its own it gets from nobody (decision 10). [EP7] [EP13]
import { openWith, sealTo } from '#lib/crypto/seal.ts';
import { decodeJoinGrant, encodeJoinGrant } from '#lib/protocol/lobby.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { keysRequestContent, type KeysRequest } from '#lib/protocol/space-message.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { fraction, type Ports, type Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';
import type { Post } from './post-face.ts';

export interface MissingKeys {
	/** Something may be missing now, or be there. */
	look(): void;
	onAsked(request: KeysRequest): Promise<void>;
	onKeys(answer: { readonly device: Bytes; readonly block: Bytes }): Promise<void>;
	stop(): void;
}

/** How long an answer may take before the next device is asked, at first and at last: nobody may have an answer. */
const ASK_EVERY = 3000;
const ASK_SELDOM = 60_000;
/** A request older or younger than this is somebody's replay. */
const MAX_AGE = 2 * 3_600_000;
/** Requests answered that are remembered, so that nobody is answered all the time. */
const MAX_ANSWERED = 1000;

export function createMissingKeys(
	{ clock, crypto, random }: Ports,
	{ device, prekeys }: Self,
	space: Space,
	post: Post,
): MissingKeys {
	const own = device.publicKey;
	/** When the last answer was given, by device and epoch (hex). */
	const answered = new Map<string, number>();
	let cancel: (() => void) | undefined;
	let tries = 0;
	let stopped = false;

	const isActive = (key: string): boolean =>
		space.ledger.authority.devices.get(key)?.active === true;

	async function ask(): Promise<void> {
		cancel = undefined;
		const [epoch] = space.shutEpochs();
		if (epoch === undefined) tries = 0;
		if (stopped || epoch === undefined || !isActive(toHex(own))) return;
		const wait = Math.min(ASK_EVERY * 2 ** Math.max(0, tries++ - 4), ASK_SELDOM);
		cancel = clock.after(wait, () => void ask());
		const others = [...space.ledger.authority.devices.keys()].filter(
			(key) => key !== toHex(own) && isActive(key) && post.route(key) !== null,
		);
		const chosen = others[Math.floor(fraction(random) * others.length)];
		if (chosen === undefined) return;
		const time = Math.max(0, Math.floor(clock.now()));
		const content = { space: space.id, device: own, epoch, time };
		const signature = await device.sign(keysRequestContent(content));
		if (!stopped) post.send(chosen, { type: 'keys-me', ...content, signature });
	}

	/** Whether the EPOCH of this name says that the device gets its keys. */
	function isOwed(epoch: Bytes, asking: Bytes): boolean {
		for (const { entry, content } of space.ledger.control.values()) {
			if (content.kind !== KIND.epoch || !equal(entry.header.key.epoch, epoch)) continue;
			return content.recipients.some((each) => equal(each.device, asking));
		}
		return false;
	}

	function isTooSoon(request: KeysRequest): boolean {
		const key = `${toHex(request.device)} ${toHex(request.epoch)}`;
		const now = clock.now();
		if (now - (answered.get(key) ?? -Infinity) < ASK_EVERY / 2) return true;
		answered.delete(key);
		answered.set(key, now);
		for (const oldest of answered.keys()) {
			if (answered.size <= MAX_ANSWERED) break;
			answered.delete(oldest);
		}
		return false;
	}

	return {
		look() {
			if (cancel === undefined && space.shutEpochs().length > 0) void ask();
		},
		async onAsked(request) {
			const { signature, epoch } = request;
			const asking = toHex(request.device);
			const known = space.ledger.authority.devices.get(asking);
			if (known?.active !== true || !equal(request.space, space.id)) return;
			if (Math.abs(request.time - clock.now()) > MAX_AGE) return;
			const keys = space.ring.get(epoch);
			if (!keys?.grant || !keys.proven || !isOwed(epoch, request.device)) return;
			if (!(await crypto.verify(request.device, keysRequestContent(request), signature))) return;
			if (stopped || isTooSoon(request)) return;
			const grant = encodeJoinGrant({ ...keys.grant, ownerSeed: null });
			const block = await sealTo(crypto, random, space.prekeys.of(known).publicKey, grant);
			if (block === undefined || stopped) return;
			post.send(asking, { type: 'keys', device: request.device, block });
		},
		async onKeys({ device: to, block }) {
			if (!equal(to, own) || stopped) return;
			for (const prekey of prekeys) {
				const opened = await openWith(crypto, prekey, block);
				const grant = opened && decodeJoinGrant(opened);
				if (grant?.ok === true && !stopped) await space.takeKeys(grant.value);
			}
		},
		stop() {
			stopped = true;
			cancel?.();
		},
	};
}
