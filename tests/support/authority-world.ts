// People who write entries of one space by hand: headers with true ids and chains, but neither sealed nor signed, for
// what the pure parts of the core make of a set of entries.
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { entryId } from '#lib/crypto/hash.ts';
import {
	EPOCH_REASON,
	HISTORY,
	SPACE_KIND,
	type ControlContent,
	type SpaceKind,
} from '#lib/protocol/content.ts';
import { encodeHeader, KIND, type Header, type Time } from '#lib/protocol/entry.ts';
import type { Member } from '#lib/protocol/identity.ts';
import type { Fence } from '#lib/protocol/moderation.ts';
import { toHex, utf8, type Bytes } from '#lib/util/bytes.ts';

export const crypto = createSyncCryptoProvider();
export const named = (name: string): Bytes => crypto.sha256(utf8(name));
const NOTHING = new Uint8Array(0);

export interface Person {
	readonly name: string;
	readonly root: Bytes;
	readonly device: Bytes;
	/** The device as a Map key. */
	readonly key: string;
	readonly member: Member;
}

export function person(name: string, deviceName = 'phone'): Person {
	const root = named(`${name} root`);
	const device = named(`${name} ${deviceName}`);
	const signature = new Uint8Array(64);
	return {
		name,
		root,
		device,
		key: toHex(device),
		member: {
			certificate: { rootKey: root, deviceKey: device, deviceName, time: 0, signature },
			prekey: { deviceKey: device, publicKey: named(`${name} prekey`), time: 0, signature },
			name,
		},
	};
}

/** A writer's place in its feed; a copy of it forks the feed. */
export interface Pen {
	readonly who: Person;
	seq: number;
	prev: Bytes;
}

export interface Written {
	readonly entry: Entry;
	/** Null for messages. */
	readonly control: ControlEntry | null;
}

/** What an entry builds on and when; all of it has a sensible value where it is left out. */
export interface Place {
	readonly at?: number | Time;
	readonly on?: readonly ControlEntry[];
	readonly proven?: boolean;
}

export const pen = (who: Person): Pen => ({ who, seq: 0, prev: NOTHING });

const START = 1_000_000;
let tick = START;
/** A time after every one given before. */
export const nextTime = (): number => (tick += 1000);

const timeOf = (at: number | Time | undefined): Time =>
	at === undefined
		? { ms: nextTime(), counter: 0 }
		: typeof at === 'number'
			? { ms: at, counter: 0 }
			: at;

function makeEntry(pen: Pen, space: Bytes, kind: number, epoch: Bytes, place: Place): Entry {
	const header: Header = {
		kind,
		space,
		author: pen.who.root,
		device: pen.who.device,
		seq: pen.seq,
		prev: pen.prev,
		time: timeOf(place.at),
		authorityHeads: (place.on ?? []).map((control) => control.entry.id),
		feedHeads: [],
		key: { mode: 'control', epoch, salt: new Uint8Array(16) },
		commitment: new Uint8Array(32),
		bodyHash: named(`body ${Math.random()}`),
		bodyLength: 0,
		wrapsHash: kind === KIND.epoch ? new Uint8Array(32) : null,
		attachmentRoot: null,
		attachmentLength: 0,
		expiry: 0,
	};
	const encoded = encodeHeader(header);
	const id = entryId(crypto, encoded);
	pen.seq += 1;
	pen.prev = id;
	const packet = { header: encoded, signature: new Uint8Array(64), wraps: null, body: null };
	return { id, key: toHex(id), header, packet };
}

export interface AuthorityWorld {
	readonly space: Bytes;
	readonly genesis: ControlEntry;
	/** Everything written, in order. */
	readonly all: ControlEntry[];
	write(pen: Pen, content: ControlContent, place?: Place): ControlEntry;
	say(pen: Pen, place?: Place): Entry;
}

const memberRoot = (content: ControlContent): Bytes | null => {
	if (content.kind === KIND.genesis) return content.founder.certificate.rootKey;
	if (content.kind === KIND.revokeDevice) return content.rootKey;
	const brings = content.kind === KIND.admit || content.kind === KIND.enrol;
	return brings ? content.member.certificate.rootKey : null;
};

/** A space that the pen's person founds; by default an entry builds on the latest one written before it. */
export function found(
	founder: Pen,
	spaceKind: SpaceKind = SPACE_KIND.community,
	at: number | Time = nextTime(),
): AuthorityWorld {
	const content: ControlContent = {
		kind: KIND.genesis,
		spaceKind,
		name: 'Friends',
		history: HISTORY.sinceJoined,
		spaceKey: named('space key'),
		founder: founder.who.member,
	};
	const first = makeEntry(founder, NOTHING, KIND.genesis, new Uint8Array(16), { at });
	const genesis: ControlEntry = {
		entry: first,
		content,
		proven: true,
		memberRoot: founder.who.root,
	};
	const space = first.id;
	const all = [genesis];
	return {
		space,
		genesis,
		all,
		write(pen, content, place = {}) {
			const on = place.on ?? all.slice(-1);
			const epoch = new Uint8Array(16);
			if (content.kind === KIND.epoch) epoch.set(content.writeKey.subarray(0, 16));
			const entry = makeEntry(pen, space, content.kind, epoch, { ...place, on });
			const { proven = true } = place;
			const control = { entry, content, proven, memberRoot: memberRoot(content) };
			all.push(control);
			return control;
		},
		say: (pen, place = {}) =>
			makeEntry(pen, space, KIND.message, new Uint8Array(16), {
				...place,
				on: place.on ?? all.slice(-1),
			}),
	};
}

export const invite = (uses = 25, expiry = 0): ControlContent => ({
	kind: KIND.invite,
	inviteKey: named(`invite ${nextTime()}`),
	uses,
	expiry,
	role: 0,
	lobbySecret: named('lobby'),
	relays: [],
});

export const admit = (
	who: Person,
	by: ControlEntry,
	epoch: ControlEntry | null = null,
	token = named(`token ${nextTime()}`),
): ControlContent => ({
	kind: KIND.admit,
	invite: by.entry.id,
	proof: new Uint8Array(64),
	member: who.member,
	tokenHash: token,
	epoch: epoch?.entry.header.key.epoch ?? new Uint8Array(16),
	step: 1,
});

export const leave: ControlContent = { kind: KIND.leave };

export const channel = (name: string): ControlContent => ({ kind: KIND.channel, name });

export const epoch = (...recipients: readonly Person[]): ControlContent => ({
	kind: KIND.epoch,
	reason: EPOCH_REASON.start,
	earlierControlKeys: [],
	recipients: recipients.map(({ device, name }) => ({
		device,
		tokenHash: named(`${name} token`),
	})),
	writeKey: named(`write ${nextTime()}`),
	ownerKey: named('owner'),
	groupCommitment: named('group'),
	envelopeCommitment: named('envelope'),
	relays: [],
	ttl: 3600,
});

export const byKey = (entries: readonly ControlEntry[]): Map<string, ControlEntry> =>
	new Map(entries.map((control) => [control.entry.key, control]));

/** The last entry of each of these pens, as somebody who bans their people names them. */
export const fence = (...pens: readonly Pen[]): Fence =>
	pens
		.filter(({ seq }) => seq > 0)
		.map(({ who, seq, prev }) => ({ feed: who.device, seq: seq - 1, id: prev }));

export const grant = (who: Person): ControlContent => ({ kind: KIND.grant, target: who.root });

export const revoke = (who: Person, end: Fence): ControlContent => ({
	kind: KIND.revoke,
	target: who.root,
	fence: end,
	reason: '',
});

export const ban = (who: Person, end: Fence, voidInvites = false): ControlContent => ({
	kind: KIND.ban,
	target: who.root,
	fence: end,
	voidInvites,
	reason: 'spam',
});

export const unban = (...bans: readonly ControlEntry[]): ControlContent => ({
	kind: KIND.unban,
	bans: bans.map(({ entry }) => entry.id),
	reason: '',
});

export const revokeDevice = (who: Person, end: Fence): ControlContent => ({
	kind: KIND.revokeDevice,
	device: who.device,
	fence: end,
	rootKey: who.root,
	proof: new Uint8Array(64),
});

export const enrol = (who: Person, token = named(`token ${nextTime()}`)): ControlContent => ({
	kind: KIND.enrol,
	member: who.member,
	proof: new Uint8Array(64),
	tokenHash: token,
	epoch: new Uint8Array(16),
	step: 1,
});

export const recall = (by: ControlEntry): ControlContent => ({
	kind: KIND.recall,
	invite: by.entry.id,
});

export const editChannel = (
	of: ControlEntry,
	change: { readonly name?: string; readonly archived?: boolean; readonly readOnly?: boolean } = {},
): ControlContent => ({
	kind: KIND.channelEdit,
	channel: of.entry.id,
	name: change.name ?? 'general',
	archived: change.archived ?? false,
	readOnly: change.readOnly ?? false,
	timer: 0,
});

export const purge = (...messages: readonly Entry[]): ControlContent => ({
	kind: KIND.tombstone,
	author: messages[0]?.header.author ?? new Uint8Array(32),
	channel: named('channel'),
	messages: messages.map(({ id, header }) => ({ id, device: header.device, seq: header.seq })),
	reason: '',
});

export const shadowBan = (who: Person, end: Fence): ControlContent => ({
	kind: KIND.sealed,
	content: { type: 'shadow-ban', target: who.root, fence: end, reason: '' },
});

export const shadowUnban = (end: Fence, ...bans: readonly ControlEntry[]): ControlContent => ({
	kind: KIND.sealed,
	content: {
		type: 'shadow-unban',
		bans: bans.map(({ entry }) => entry.id),
		fence: end,
		reason: '',
	},
});
