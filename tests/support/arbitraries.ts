// Whatever the formats can say, drawn for property tests.
import { paddedLength } from '#lib/protocol/attachment-size.ts';
import fc from 'fast-check';
import {
	EPOCH_REASON,
	HISTORY,
	SPACE_KIND,
	type Content,
	type ControlKey,
	type Message,
} from '#lib/protocol/content.ts';
import { KIND, type Header, type Packet, type Wraps } from '#lib/protocol/entry.ts';
import type { Member, Prekey } from '#lib/protocol/identity.ts';
import type { Fence, Moderation, SealedContent } from '#lib/protocol/moderation.ts';
import type { Invitation } from '#lib/protocol/invitation.ts';
import { MAX_PACKET, MAX_TTL_SECONDS } from '#lib/protocol/limits.ts';
import type { Part } from '#lib/protocol/part.ts';
import type { EpochBox, Grant, JoinGrant, JoinReply, JoinRequest } from '#lib/protocol/lobby.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import { utf8, type Bytes } from '#lib/util/bytes.ts';
import { attachedFile } from './attachment-arbitraries.ts';

export const bytes = (length: number): fc.Arbitrary<Bytes> =>
	fc.uint8Array({ minLength: length, maxLength: length }).map((value) => new Uint8Array(value));
export const blob = (maxLength: number): fc.Arbitrary<Bytes> =>
	fc.uint8Array({ maxLength }).map((value) => new Uint8Array(value));
export const [id, signature] = [bytes(32), bytes(64)];
export const ids = fc.array(id, { maxLength: 4 });
export const uint = fc.maxSafeNat();
const time = fc.nat(2 ** 31 - 1).map((n) => n * 2 ** 17);
export const choice = <T>(values: Record<string, T>): fc.Arbitrary<T> =>
	fc.constantFrom(...Object.values(values));

/** Text that fits so many bytes, of every kind of character. */
export const text = (limit: number): fc.Arbitrary<string> =>
	fc
		.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
		.filter((value) => value.isWellFormed() && utf8(value).length <= limit);
const name = text(64).filter((value) => value.trim().length > 0);

export const relay: fc.Arbitrary<RelayAddress> = fc.record({
	key: id,
	urls: fc.array(
		fc
			.tuple(fc.constantFrom('ws', 'wss'), fc.domain(), fc.integer({ min: 1, max: 65_535 }))
			.map(([scheme, host, port]) => `${scheme}://${host}:${port}/relay`)
			.filter((url) => url.length <= 256),
		{ maxLength: 4 },
	),
});
const relays = fc.array(relay, { maxLength: 2 });

export const prekey: fc.Arbitrary<Prekey> = fc.record({
	deviceKey: id,
	publicKey: id,
	time: uint,
	signature,
});
export const prekeyRecords = fc.array(prekey, { maxLength: 3 });
export const controlKey: fc.Arbitrary<ControlKey> = fc.record({ maker: id, key: id });
export const controlKeys = fc.array(controlKey, { maxLength: 5 });

export const member: fc.Arbitrary<Member> = fc.record({
	certificate: fc.record({
		rootKey: id,
		deviceKey: id,
		deviceName: text(64),
		time: uint,
		signature,
	}),
	prekey,
	name: text(64),
});

export const header: fc.Arbitrary<Header> = fc
	.record({
		kind: fc.nat(255),
		space: id,
		author: id,
		device: id,
		seq: uint,
		prev: id,
		time: fc.record({ ms: time, counter: fc.nat(65_535) }),
		authorityHeads: ids,
		feedHeads: ids,
		key: fc.oneof(
			fc.record({ mode: fc.constant('control' as const), epoch: bytes(16), salt: bytes(16) }),
			fc.record({ mode: fc.constant('direct' as const), epoch: bytes(16) }),
		),
		commitment: id,
		bodyHash: id,
		bodyLength: fc.nat(MAX_PACKET),
		wrapsHash: id,
		attachmentRoot: fc.option(id),
		attachmentLength: fc.nat(2 ** 31).map(paddedLength),
		expiry: time,
	})
	.map((drawn) => ({
		...drawn,
		space: drawn.kind === KIND.genesis ? new Uint8Array(0) : drawn.space,
		prev: drawn.seq === 0 ? new Uint8Array(0) : drawn.prev,
		wrapsHash: drawn.kind === KIND.epoch ? drawn.wrapsHash : null,
		attachmentLength: drawn.attachmentRoot === null ? 0 : drawn.attachmentLength,
	}));

const wraps: fc.Arbitrary<Wraps> = fc.record({
	ephemeral: id,
	boxes: fc.array(fc.record({ prekeyId: bytes(8), box: blob(512) }), { maxLength: 5 }),
});

export const packet: fc.Arbitrary<Packet> = fc.record({
	header: blob(600),
	signature,
	wraps: fc.option(wraps),
	body: fc.option(blob(600)),
});

const message: fc.Arbitrary<Message> = fc.record(
	{
		kind: fc.constant(KIND.message),
		channel: id,
		text: text(8192),
		replyTo: fc.option(id),
		attachment: fc.record({
			fileKey: id,
			files: fc.array(attachedFile, { minLength: 1, maxLength: 8 }),
		}),
	},
	{ requiredKeys: ['kind', 'channel', 'text', 'replyTo'] },
);

const fence = (maxLength: number): fc.Arbitrary<Fence> =>
	fc.uniqueArray(fc.record({ feed: id, seq: uint, id }), {
		maxLength,
		selector: ({ feed }) => feed.join(),
	});
const reason = text(280);
const some = fc.array(id, { minLength: 1, maxLength: 16 });
const purged = fc.record({ id, device: id, seq: uint });

const sealed: fc.Arbitrary<SealedContent> = fc.oneof(
	fc.record({
		type: fc.constant('shadow-ban' as const),
		target: id,
		fence: fence(16),
		reason,
	}),
	fc.record({
		type: fc.constant('shadow-unban' as const),
		bans: some,
		fence: fence(16),
		reason,
	}),
	fc.record({ type: fc.constant('report' as const), message: purged, author: id, reason }),
);

const moderation: fc.Arbitrary<Moderation> = fc.oneof(
	fc.record({ kind: fc.constant(KIND.grant), target: id }),
	fc.record({ kind: fc.constant(KIND.revoke), target: id, fence: fence(64), reason }),
	fc.record({
		kind: fc.constant(KIND.ban),
		target: id,
		fence: fence(64),
		voidInvites: fc.boolean(),
		reason,
	}),
	fc.record({ kind: fc.constant(KIND.unban), bans: some, reason }),
	fc.record({
		kind: fc.constant(KIND.revokeDevice),
		device: id,
		fence: fence(1),
		rootKey: id,
		proof: signature,
	}),
	fc.record({
		kind: fc.constant(KIND.enrol),
		member,
		proof: signature,
		tokenHash: id,
		epoch: bytes(16),
		step: fc.nat(1_000_000),
	}),
	fc.record({ kind: fc.constant(KIND.recall), invite: id }),
	fc.record({
		kind: fc.constant(KIND.channelEdit),
		channel: id,
		name,
		archived: fc.boolean(),
		readOnly: fc.boolean(),
		timer: fc.nat(365 * 86_400),
	}),
	fc.record({
		kind: fc.constant(KIND.tombstone),
		author: id,
		channel: id,
		messages: fc.array(purged, { minLength: 1, maxLength: 32 }),
		reason,
	}),
	fc.record({ kind: fc.constant(KIND.sealed), content: sealed }),
);

export const content: fc.Arbitrary<Content> = fc.oneof(
	moderation,
	fc.record({
		kind: fc.constant(KIND.genesis),
		spaceKind: choice(SPACE_KIND),
		name,
		history: choice(HISTORY),
		spaceKey: id,
		founder: member,
	}),
	fc.record({
		kind: fc.constant(KIND.epoch),
		reason: choice(EPOCH_REASON),
		earlierControlKeys: controlKeys,
		recipients: fc.array(fc.record({ device: id, tokenHash: id }), { maxLength: 32 }),
		writeKey: id,
		ownerKey: id,
		groupCommitment: id,
		envelopeCommitment: id,
		relays,
		ttl: fc.nat(MAX_TTL_SECONDS),
	}),
	fc.record({
		kind: fc.constant(KIND.admit),
		invite: id,
		proof: signature,
		member,
		tokenHash: id,
		epoch: bytes(16),
		step: fc.nat(1_000_000),
	}),
	fc.record({ kind: fc.constant(KIND.leave) }),
	fc.record({ kind: fc.constant(KIND.channel), name }),
	fc.record({
		kind: fc.constant(KIND.invite),
		inviteKey: id,
		uses: fc.nat(100_000),
		expiry: time,
		role: fc.nat(255),
		lobbySecret: id,
		relays,
	}),
	message,
	fc
		.tuple(uint, fc.nat(7), fc.integer({ min: 1, max: 8 }), fc.option(uint), blob(400))
		.map(([generation, part, parts, whole, change]) => {
			return { kind: KIND.update, generation, part: part % parts, parts, whole, bytes: change };
		}),
);

export const invitation: fc.Arbitrary<Invitation> = fc.record({
	space: id,
	spaceName: text(64),
	inviterName: text(64),
	inviter: id,
	seed: id,
	lobbyKey: id,
	expiry: time,
	relays,
	history: choice(HISTORY),
});

export const joinRequest: fc.Arbitrary<JoinRequest> = fc.record({
	space: id,
	inviteKey: id,
	proof: signature,
	member,
	tokenHash: id,
	replyMailbox: id,
	replyWriteSeed: id,
});

const grantParts = {
	maker: id,
	groupKey: id,
	step: fc.nat(1_000_000),
	controlKey: id,
	envelopeKey: id,
	writeSeed: id,
	ownerSeed: fc.option(id),
};

export const epochBox: fc.Arbitrary<EpochBox> = fc.record({
	seed: id,
	token: id,
	ownerSeed: fc.option(id),
});

export const joinGrant: fc.Arbitrary<JoinGrant> = fc.record(grantParts);

export const grant: fc.Arbitrary<Grant> = fc.record({ ...grantParts, token: id });

export const feedHeads = fc.array(fc.record({ feed: id, seq: uint, id }), { maxLength: 5 });

export const part: fc.Arbitrary<Part> = fc
	.record({
		hashes: fc.array(id, { minLength: 1, maxLength: 3 }),
		bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
	})
	.map(({ hashes, bytes }) => ({ hashes, index: hashes.length - 1, bytes: new Uint8Array(bytes) }));

export const joinReply: fc.Arbitrary<JoinReply> = fc.oneof(
	fc.record({
		type: fc.constant('welcome' as const),
		space: id,
		grant: fc.record(grantParts),
		controlKeys,
		bases: feedHeads,
	}),
	fc.record({
		type: fc.constant('entries' as const),
		packets: fc.array(packet, { maxLength: 3 }),
	}),
	fc.record({
		type: fc.constant('refused' as const),
		reason: fc.constantFrom(...([0, 1, 2, 3] as const)),
	}),
	fc.record({ type: fc.constant('part' as const), part }),
	fc.record({ type: fc.constant('prekeys' as const), records: prekeyRecords }),
);
