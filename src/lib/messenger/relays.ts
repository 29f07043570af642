// The relays a person has added: tried when added, kept, brought up again at the next start; and those the person has
// removed, which no space brings back, on any device. With a relay its operator's invitation is kept, and whether it is to be
// used before others. [RP3] [RP4] [RP5] [RP6] [RP8]
import { decode, encode } from '#lib/protocol/cbor.ts';
import {
	relayAddressShape,
	relayAddressToTuple,
	type RelayAddress,
} from '#lib/protocol/relay-address.ts';
import { relayCandidates } from '#lib/protocol/relay-candidates.ts';
import { encodeRelayLink } from '#lib/protocol/relay-link.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { AddRelayError, RelayView, Traffic } from './network-api.ts';
import type { SharedValues } from './devices/shared-values.ts';
import {
	PREFERRED_RELAYS,
	RELAY_INVITATIONS,
	REMOVED_RELAYS,
	type Section,
} from './devices/sections.ts';
import type { PooledRelay, RelayPool } from './delivery/relay-pool.ts';
import type { Page, Ports } from './ports.ts';
import { relayName } from './relay-name.ts';

export interface Relays {
	load(): Promise<void>;
	/** Those that the person added: the preferred ones first, otherwise in the order they did. */
	added(): readonly RelayAddress[];
	add(input: string): Promise<Result<RelayAddress, AddRelayError>>;
	/** Adds relays that this person had added before, without trying them first. */
	adopt(addresses: readonly RelayAddress[]): Promise<void>;
	/** Wants nothing of it any more, whoever names it. */
	remove(key: string): Promise<void>;
	/** Wants it used before others, or no longer. */
	prefer(key: string, preferred: boolean): Promise<void>;
	/** The person goes where these are used. */
	include(addresses: readonly RelayAddress[]): Promise<void>;
	stop(): void;
}

export const relayView = (
	page: Page,
	relay: PooledRelay,
	tallyOf: (url: string) => Traffic | undefined,
): RelayView => ({
	id: relay.key,
	address: relayName(relay.address),
	state: relay.state,
	roundTripMs: relay.roundTripMs,
	retryAt: relay.retryAt,
	traffic: sum(relay.address.urls.flatMap((url) => tallyOf(url) ?? [])),
	origin: relay.origin,
	link: encodeRelayLink(page.origin, relay.address),
	guest: relay.access === 'guest',
	draining: relay.draining,
	preferred: relay.preferred,
});

const sum = (tallies: readonly Traffic[]): Traffic => ({
	sent: tallies.reduce((bytes, { sent }) => bytes + sent, 0),
	received: tallies.reduce((bytes, { received }) => bytes + received, 0),
});

/** The seed of the invitation that the person has of this relay (key in hex). */
export const invitationOf = (keeper: Pick<SharedValues, 'get'>, relay: string): Bytes | null =>
	RELAY_INVITATIONS.decode(keeper.get(RELAY_INVITATIONS.name(relay))) ?? null;

export function createRelays(
	{ store }: Ports,
	page: Page,
	pool: RelayPool,
	keeper: SharedValues,
): Relays {
	const kept = new Map<number, RelayAddress>();

	/** Relays (hex) of which this was said. */
	const marked = ({ prefix, parts, decode }: Section<boolean>): ReadonlySet<string> =>
		new Set(
			keeper
				.list(prefix)
				.flatMap(([name, value]) => (decode(value) === true ? (parts(name)?.[0] ?? []) : [])),
		);
	async function mark(
		{ name, encode }: Section<boolean>,
		keys: readonly string[],
		value: boolean,
		before: ReadonlySet<string>,
	): Promise<void> {
		const changed = keys.filter((key) => before.has(key) !== value);
		if (changed.length === 0) return;
		await keeper.write(new Map(changed.map((key) => [name(key), value ? encode(true) : null])));
	}
	const removed = (): ReadonlySet<string> => marked(REMOVED_RELAYS);
	const setRemoved = (keys: readonly string[], value: boolean): Promise<void> =>
		mark(REMOVED_RELAYS, keys, value, removed());
	const setPreferred = (key: string, value: boolean): Promise<void> =>
		mark(PREFERRED_RELAYS, [key], value, marked(PREFERRED_RELAYS));
	async function setInvitation(key: string, seed: Bytes | null): Promise<void> {
		const name = RELAY_INVITATIONS.name(key);
		if (seed === null && keeper.get(name) === undefined) return;
		await keeper.write(new Map([[name, seed && RELAY_INVITATIONS.encode(seed)]]));
	}
	async function forget(key: string): Promise<void> {
		const number = numberOf(key);
		if (number === undefined) return;
		kept.delete(number);
		await store.commit([{ table: 'relay', key: ['list', number], value: null }]);
	}
	/** Another device may have removed one, added it again, or been given an invitation. */
	const stopWatching = keeper.watch((names) => {
		for (const { key, access } of pool.relays.get()) {
			const isNew = access === 'guest' && names.has(RELAY_INVITATIONS.name(key));
			if (isNew && invitationOf(keeper, key) !== null) pool.client(key)?.close('invited');
		}
		const concerns = ({ prefix }: Section<boolean>): boolean =>
			[...names].some((name) => name.startsWith(prefix));
		if (concerns(PREFERRED_RELAYS)) pool.prefer(marked(PREFERRED_RELAYS));
		if (!concerns(REMOVED_RELAYS)) return;
		const all = removed();
		pool.exclude(all);
		for (const key of all) void forget(key);
	});

	const numberOf = (key: string): number | undefined =>
		[...kept].find(([, address]) => toHex(address.key) === key)?.[0];

	async function keep(address: RelayAddress): Promise<void> {
		const number = Math.max(-1, ...kept.keys()) + 1;
		kept.set(number, address);
		await store.commit([
			{ table: 'relay', key: ['list', number], value: encode(relayAddressToTuple(address)) },
		]);
	}

	return {
		async load() {
			pool.exclude(removed());
			pool.prefer(marked(PREFERRED_RELAYS));
			for (const { at, value } of await store.range('relay', ['list'])) {
				const address = decode(relayAddressShape, value, 4096);
				if (!address.ok) continue;
				kept.set(at, address.value);
				pool.add(address.value, 'added');
			}
		},
		added() {
			const first = ({ key }: RelayAddress): number => (pool.isPreferred(toHex(key)) ? 0 : 1);
			return [...kept.values()].sort((a, b) => first(a) - first(b));
		},
		async add(input) {
			const candidates = relayCandidates(input, { secure: page.secure });
			if (!candidates.ok) {
				const type = candidates.error.type === 'insecure' ? 'insecure' : 'malformed';
				return err({ type, tried: [] });
			}
			const { urls, key, invitation } = candidates.value;
			const reached = await pool.reach(urls, key, invitation);
			if (!reached.ok) return err({ type: reached.error.type, tried: urls });
			if (reached.value.access === 'guest') {
				reached.value.client.close('not invited');
				return err({ type: 'uninvited', tried: urls });
			}
			const address: RelayAddress = { key: reached.value.key, urls: [reached.value.url] };
			const known = numberOf(toHex(address.key));
			await setRemoved([toHex(address.key)], false);
			if (invitation !== null) await setInvitation(toHex(address.key), invitation);
			pool.add(address, 'added', reached.value);
			if (known !== undefined) return err({ type: 'known', tried: urls });
			await keep(address);
			return ok(address);
		},
		async adopt(addresses) {
			for (const address of addresses) {
				const key = toHex(address.key);
				if (numberOf(key) !== undefined || removed().has(key)) continue;
				pool.add(address, 'added');
				await keep(address);
			}
		},
		async remove(key) {
			pool.remove(key);
			await setRemoved([key], true);
			await setPreferred(key, false);
			await setInvitation(key, null);
			await forget(key);
		},
		prefer: setPreferred,
		include: (addresses) =>
			setRemoved(
				addresses.map(({ key }) => toHex(key)),
				false,
			),
		stop: stopWatching,
	};
}
