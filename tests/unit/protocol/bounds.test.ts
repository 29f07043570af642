// How much each format holds: what just fits, and what is too much.
import { describe, expect, it } from 'vitest';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { MAX_ATTACHMENT } from '#lib/protocol/attachment-size.ts';
import { encode } from '#lib/protocol/cbor.ts';
import {
	decodeContent,
	encodeContent,
	EPOCH_REASON,
	HISTORY,
	SPACE_KIND,
	type Content,
	type Epoch,
	type Genesis,
	type Invite,
} from '#lib/protocol/content.ts';
import {
	decodeHeader,
	decodePacket,
	encodeHeader,
	encodePacket,
	isControl,
	KIND,
	type Header,
	type Packet,
} from '#lib/protocol/entry.ts';
import { decodeInvitation, encodeInvitation, type Invitation } from '#lib/protocol/invitation.ts';
import {
	DEFAULT_TTL_SECONDS,
	MAX_LARGE_PACKET,
	MAX_PACKET,
	MAX_TTL_SECONDS,
} from '#lib/protocol/limits.ts';
import { decodeLinkFrame, encodeLinkFrame } from '#lib/protocol/link-frame.ts';
import { decodeJoinReply, encodeJoinReply, type Grant } from '#lib/protocol/lobby.ts';
import { label } from '#lib/protocol/labels.ts';
import { isRelayUrl } from '#lib/protocol/relay-address.ts';
import {
	decodeEnvelope,
	encodeEnvelope,
	MAX_FRAME,
	type SpaceMessage,
} from '#lib/protocol/space-message.ts';
import { utf8ToText, type Bytes } from '#lib/util/bytes.ts';
import { person } from '../../support/authority-world.ts';

const id = new Uint8Array(32).fill(9);
const none = new Uint8Array(0);
const key = { maker: id, key: id };
const signature = new Uint8Array(64);
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);
const relay = { key: id, urls: times(4, `wss://${'r'.repeat(240)}.example`) };
const { member } = person('Alice');

const header: Header = {
	kind: KIND.message,
	space: id,
	author: id,
	device: id,
	seq: 1,
	prev: id,
	time: { ms: 1, counter: 0 },
	authorityHeads: [],
	feedHeads: [],
	key: { mode: 'direct', epoch: id.slice(16) },
	commitment: id,
	bodyHash: id,
	bodyLength: 0,
	wrapsHash: null,
	attachmentRoot: null,
	attachmentLength: 0,
	expiry: 0,
};
const packet: Packet = { header: none, signature, wraps: null, body: null };

const headerFits = (changes: Partial<Header>): boolean =>
	decodeHeader(
		encodeHeader({
			...header,
			wrapsHash: changes.kind === KIND.epoch ? id : null,
			...changes,
		}),
	).ok;
const packetFits = (changes: Partial<Packet>): boolean =>
	decodePacket(encodePacket({ ...packet, ...changes })).ok;
const contentFits = (content: Content): boolean =>
	decodeContent(content.kind, encodeContent(content)).ok;
const messageFits = (message: SpaceMessage): boolean =>
	decodeEnvelope(encodeEnvelope({ from: id, to: null, hops: 0, message })).ok;

describe('a header', () => {
	it('[HD1] names at most 16 authority heads and 8 feed heads, and fits 2048 bytes at its largest', () => {
		expect(headerFits({ authorityHeads: times(16, id), feedHeads: times(8, id) })).toBe(true);
		expect(headerFits({ authorityHeads: times(17, id) })).toBe(false);
		expect(headerFits({ feedHeads: times(9, id) })).toBe(false);
		const largest: Partial<Header> = {
			kind: 255,
			seq: Number.MAX_SAFE_INTEGER,
			time: { ms: 2 ** 48, counter: 65_535 },
			authorityHeads: times(16, id),
			feedHeads: times(8, id),
			key: { mode: 'control', epoch: id.slice(16), salt: id.slice(16) },
			bodyLength: MAX_PACKET,
			attachmentRoot: id,
			attachmentLength: MAX_ATTACHMENT,
			expiry: 2 ** 48,
		};
		expect(headerFits(largest)).toBe(true);
		expect(headerFits({ time: { ms: 2 ** 48 + 1, counter: 0 } })).toBe(false);
		expect(headerFits({ time: { ms: 0, counter: 65_536 } })).toBe(false);
		expect(headerFits({ bodyLength: MAX_PACKET + 1 })).toBe(false);
		expect(headerFits({ kind: KIND.epoch, bodyLength: MAX_LARGE_PACKET })).toBe(true);
		expect(headerFits({ kind: KIND.epoch, bodyLength: MAX_LARGE_PACKET + 1 })).toBe(false);
		expect(headerFits({ kind: 256 })).toBe(false);
	});

	it('[AF1] names an attachment by a root and one of the padded lengths, or by neither', () => {
		const of = (attachmentRoot: Bytes | null, attachmentLength: number): boolean =>
			headerFits({ attachmentRoot, attachmentLength });
		expect(of(id, 4096)).toBe(true);
		expect(of(id, 4096 + 512)).toBe(true);
		expect(of(id, MAX_ATTACHMENT)).toBe(true);
		expect(of(id, 4097)).toBe(false);
		expect(of(id, 2048)).toBe(false);
		expect(of(id, 0)).toBe(false);
		expect(of(id, MAX_ATTACHMENT + 2 ** 28)).toBe(false);
		expect(of(null, 4096)).toBe(false);
	});

	it('[HD2] has no predecessor at seq 0 and nowhere else, no space in GENESIS and nowhere else', () => {
		expect(headerFits({ seq: 0, prev: none })).toBe(true);
		expect(headerFits({ seq: 0 })).toBe(false);
		expect(headerFits({ prev: none })).toBe(false);
		expect(headerFits({ kind: KIND.genesis, space: none })).toBe(true);
		expect(headerFits({ kind: KIND.genesis })).toBe(false);
		expect(headerFits({ space: none })).toBe(false);
		expect(headerFits({ prev: id.slice(1) })).toBe(false);
	});

	it('[HD1] is of version 1 and suite 1', () => {
		const bytes = encodeHeader(header);
		for (const place of [1, 2]) {
			const other = bytes.slice();
			expect(other[place]).toBe(1);
			other[place] = 2;
			expect(decodeHeader(other).ok).toBe(false);
		}
	});

	it('[CT1] tells control entries by their kind', () => {
		const { message, update, ...control } = KIND;
		expect([message, update].some(isControl)).toBe(false);
		expect(Object.values(control).every(isControl)).toBe(true);
		expect(isControl(31)).toBe(true);
	});
});

describe('a packet', () => {
	it('[EN4] has at most 32 wraps and 15,600 bytes', () => {
		const wraps = (count: number, length: number) => ({
			ephemeral: id,
			boxes: times(count, { prekeyId: id.slice(24), box: new Uint8Array(length) }),
		});
		expect(packetFits({ wraps: wraps(32, 300) })).toBe(true);
		expect(packetFits({ wraps: wraps(33, 1) })).toBe(false);
		expect(packetFits({ wraps: wraps(1, 512) })).toBe(true);
		expect(packetFits({ wraps: wraps(1, 513) })).toBe(false);
		expect(packetFits({ body: new Uint8Array(15_500) })).toBe(true);
		expect(packetFits({ body: new Uint8Array(15_600) })).toBe(false);
		expect(packetFits({ signature: signature.slice(1) })).toBe(false);
	});

	it('[EN4] has 1,024 wraps and 256 KiB where it says something to each device', () => {
		const boxes = (count: number, length: number) =>
			times(count, { prekeyId: id.slice(24), box: new Uint8Array(length) });
		const large = (kind: number, count: number, length: number, body = 0): boolean =>
			packetFits({
				header: encodeHeader({ ...header, kind, wrapsHash: kind === KIND.epoch ? id : null }),
				wraps: { ephemeral: id, boxes: boxes(count, length) },
				body: new Uint8Array(body),
			});
		for (const kind of [KIND.epoch, KIND.sealed]) {
			expect(large(kind, 1024, 150, 80_000)).toBe(true);
			expect(large(kind, 1025, 1)).toBe(false);
			expect(large(kind, 1024, 150, 100_000)).toBe(false);
		}
		expect(large(KIND.message, 33, 1)).toBe(false);
		expect(large(KIND.message, 1, 1, 15_700)).toBe(false);
		expect(large(KIND.ban, 1, 1, 15_700)).toBe(false);
	});
});

describe('content', () => {
	const genesis: Genesis = {
		kind: KIND.genesis,
		spaceKind: SPACE_KIND.community,
		name: 'Friends',
		history: HISTORY.sinceJoined,
		spaceKey: id,
		founder: member,
	};
	const epoch: Epoch = {
		kind: KIND.epoch,
		reason: EPOCH_REASON.age,
		earlierControlKeys: [],
		recipients: [],
		writeKey: id,
		ownerKey: id,
		groupCommitment: id,
		envelopeCommitment: id,
		relays: [],
		ttl: DEFAULT_TTL_SECONDS,
	};
	const invite: Invite = {
		kind: KIND.invite,
		inviteKey: id,
		uses: 1,
		expiry: 0,
		role: 0,
		lobbySecret: id,
		relays: [],
	};
	const message = (text: string): Content => ({
		kind: KIND.message,
		channel: id,
		text,
		replyTo: null,
	});

	it('[CT1] has text of at most 8192 bytes, well-formed', () => {
		expect(contentFits(message('é'.repeat(4096)))).toBe(true);
		expect(contentFits(message(`${'é'.repeat(4096)}a`))).toBe(false);
		const surrogate = encode([id, 'abc', null]);
		surrogate.set([0xed, 0xa0, 0x80], surrogate.length - 4);
		expect(decodeContent(KIND.message, surrogate).ok).toBe(false);
	});

	it('[CT1] has names of at most 64 bytes that are not blank', () => {
		const named = (name: string): Content => ({ kind: KIND.channel, name });
		expect(contentFits(named('é'.repeat(32)))).toBe(true);
		expect(contentFits(named('é'.repeat(33)))).toBe(false);
		expect(contentFits(named(' \t\n'))).toBe(false);
		expect(contentFits({ ...genesis, name: '' })).toBe(false);
	});

	it('[CT1] names at most 1,024 recipients, 16 earlier keys, 5 relays of 4 addresses', () => {
		const recipients = (count: number) => times(count, { device: id, tokenHash: id });
		expect(contentFits({ ...epoch, recipients: recipients(1024) })).toBe(true);
		expect(contentFits({ ...epoch, recipients: recipients(1025) })).toBe(false);
		expect(contentFits({ ...epoch, earlierControlKeys: times(16, key) })).toBe(true);
		expect(contentFits({ ...epoch, earlierControlKeys: times(17, key) })).toBe(false);
		expect(contentFits({ ...epoch, relays: times(5, relay) })).toBe(true);
		expect(contentFits({ ...epoch, relays: times(6, relay) })).toBe(false);
		const five = { key: id, urls: times(5, 'wss://a/') };
		expect(contentFits({ ...invite, relays: [five] })).toBe(false);
		expect(contentFits({ ...epoch, ttl: MAX_TTL_SECONDS + 1 })).toBe(false);
		expect(contentFits({ ...invite, uses: 100_001 })).toBe(false);
	});

	it('[CT1] of unknown kinds or values stays closed', () => {
		expect(contentFits({ ...epoch, reason: 9 as Epoch['reason'] })).toBe(false);
		expect(contentFits({ ...genesis, spaceKind: 0 as Genesis['spaceKind'] })).toBe(false);
		expect(decodeContent(200, encode([]))).toMatchObject({ error: { type: 'shape' } });
	});
});

describe('messages between devices', () => {
	const head = { feed: id, seq: 1, id };
	const state = {
		space: id,
		device: id,
		full: true,
		wantsReply: false,
		controlHeads: [],
		feeds: [],
		time: 0,
		prekeys: id.slice(16),
		signature,
	};

	it('[SM1] carry at most 64 packets, 200 feeds, 16 heads, signals of 4096 bytes', () => {
		expect(messageFits({ type: 'entries', packets: times(64, packet) })).toBe(true);
		expect(messageFits({ type: 'entries', packets: times(65, packet) })).toBe(false);
		const heads = times(16, id);
		const full = { ...state, feeds: times(200, head), controlHeads: heads };
		expect(messageFits({ type: 'state', state: full })).toBe(true);
		expect(messageFits({ type: 'state', state: { ...state, feeds: times(201, head) } })).toBe(
			false,
		);
		expect(messageFits({ type: 'state', state: { ...state, controlHeads: times(17, id) } })).toBe(
			false,
		);
		const signal = (length: number): SpaceMessage => ({
			type: 'signal',
			signal: {
				space: id,
				from: id,
				to: id,
				attempt: id.slice(16),
				step: 0,
				payload: new Uint8Array(length),
				time: 0,
				signature,
			},
		});
		expect(messageFits(signal(4096))).toBe(true);
		expect(messageFits(signal(4097))).toBe(false);
	});

	it('[SM1] ask for ranges that hold something', () => {
		const pull = (from: number, to: number): SpaceMessage => ({
			type: 'pull',
			control: [],
			have: [],
			ranges: [{ feed: id, from, to }],
			wantsKeys: null,
		});
		expect(messageFits(pull(3, 4))).toBe(true);
		expect(messageFits(pull(4, 4))).toBe(false);
		expect(messageFits(pull(5, 4))).toBe(false);
	});

	it('[LK1] fit a frame on a direct link', () => {
		// Their length goes with them. [BL3]
		const envelope = new Uint8Array(MAX_FRAME - 4);
		expect(decodeLinkFrame(encodeLinkFrame({ type: 'space', tag: id, envelope })).ok).toBe(true);
		expect(decodeLinkFrame(encode([1, id, new Uint8Array(MAX_FRAME + 1)])).ok).toBe(false);
	});

	it('[IN4] welcome with 16 keys and 3,000 feeds at most', () => {
		const grant: Grant = {
			maker: id,
			groupKey: id,
			step: 1,
			controlKey: id,
			envelopeKey: id,
			writeSeed: id,
			token: id,
			ownerSeed: id,
		};
		const welcome = (controlKeys: number, bases: number): boolean =>
			decodeJoinReply(
				encodeJoinReply({
					type: 'welcome',
					space: id,
					grant,
					controlKeys: times(controlKeys, key),
					bases: times(bases, { feed: id, seq: 2 ** 40, id }),
				}),
			).ok;
		expect(welcome(16, 150)).toBe(true);
		expect(welcome(17, 0)).toBe(false);
		expect(welcome(0, 3000)).toBe(true);
		expect(welcome(0, 3001)).toBe(false);
	});
});

it('[IN2] an invitation fits a link at its largest', () => {
	const crypto = createSyncCryptoProvider();
	const sha256 = (bytes: Uint8Array): Uint8Array => crypto.sha256(bytes);
	const invitation: Invitation = {
		space: id,
		spaceName: 'x'.repeat(64),
		inviterName: 'y'.repeat(64),
		inviter: id,
		seed: id,
		lobbyKey: id,
		expiry: 2 ** 48,
		relays: times(5, { key: id, urls: [`wss://${'r'.repeat(240)}.example`] }),
		history: HISTORY.everything,
	};
	expect(decodeInvitation(encodeInvitation(invitation, sha256), sha256).ok).toBe(true);
});

it('[RL1] a relay’s address is a ws or wss URL without name, query or fragment', () => {
	for (const url of ['wss://a.example', 'ws://10.0.0.1:8080/relay', 'wss://[::1]:1/x/y']) {
		expect(isRelayUrl(url)).toBe(true);
	}
	for (const url of [
		'https://a.example',
		'wss://',
		'wss://a b',
		'wss://u@a.example',
		'wss://a.example?x',
		'wss://a.example/#x',
		' wss://a.example',
		'wss://a.example/\n',
	]) {
		expect(isRelayUrl(url)).toBe(false);
	}
});

it('[EN6] labels end in a zero byte, so that none is the beginning of another', () => {
	expect(utf8ToText(label('entry'))).toBe('aegis/entry/1\0');
	expect(label('entry')).toBe(label('entry'));
});
