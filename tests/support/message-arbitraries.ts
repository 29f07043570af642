// What members' devices tell each other, drawn for property tests.
import fc from 'fast-check';
import type { LinkFrame } from '#lib/protocol/link-frame.ts';
import type { PeerRecord } from '#lib/protocol/peer-record.ts';
import { SIGNAL_STEP, type Envelope, type SpaceMessage } from '#lib/protocol/space-message.ts';
import {
	blob,
	bytes,
	choice,
	controlKeys,
	feedHeads,
	id,
	ids,
	member,
	packet,
	part,
	prekey,
	prekeyRecords,
	signature,
	uint,
} from './arbitraries.ts';
import { copyMessage } from './copy-arbitraries.ts';

const deviceNames = fc.array(bytes(8), { maxLength: 12 });
const peerRecord: fc.Arbitrary<PeerRecord> = fc.record({
	space: id,
	device: id,
	time: uint,
	until: uint,
	direct: fc.boolean(),
	shown: fc.boolean(),
	relays: fc.array(id, { maxLength: 5 }),
	linked: deviceNames,
	seen: deviceNames,
	signature,
});

const spaceMessage: fc.Arbitrary<SpaceMessage> = fc.oneof(
	fc.record({ type: fc.constant('copy' as const), copy: copyMessage }),
	fc.record({ type: fc.constant('part' as const), part }),
	fc.record({
		type: fc.constant('entries' as const),
		packets: fc.array(packet, { maxLength: 3 }),
	}),
	fc.record({
		type: fc.constant('state' as const),
		state: fc.record({
			space: id,
			device: id,
			full: fc.boolean(),
			wantsReply: fc.boolean(),
			controlHeads: ids,
			feeds: feedHeads,
			time: uint,
			prekeys: bytes(16),
			signature,
		}),
	}),
	fc.record({ type: fc.constant('prekeys' as const), records: prekeyRecords }),
	fc.record({
		type: fc.constant('held-prekeys' as const),
		wantsReply: fc.boolean(),
		times: fc.array(fc.record({ name: bytes(8), time: uint }), { maxLength: 5 }),
	}),
	fc.record({
		type: fc.constant('records' as const),
		records: fc.array(peerRecord, { maxLength: 3 }),
	}),
	fc.record({
		type: fc.constant('typing' as const),
		...{ space: id, device: id, channel: id, time: uint, signature },
	}),
	fc.record({
		type: fc.constant('gossip' as const),
		news: fc.record({ have: ids, want: ids, prune: fc.boolean() }),
	}),
	fc.record({
		type: fc.constant('held-records' as const),
		wantsReply: fc.boolean(),
		times: fc.array(fc.record({ name: bytes(8), time: uint }), { maxLength: 5 }),
	}),
	fc.record({ type: fc.constant('opening' as const), controlKeys }),
	fc.record({
		type: fc.constant('kin' as const),
		...{ space: id, device: id, account: fc.option(id), wantsReply: fc.boolean(), signature },
	}),
	fc.record({
		type: fc.constant('keys' as const),
		...{ device: id, block: blob(300) },
	}),
	fc.record({
		type: fc.constant('pull' as const),
		control: ids,
		have: ids,
		wantsKeys: fc.option(prekey),
		ranges: fc.array(
			fc
				.tuple(id, fc.nat(2 ** 30), fc.integer({ min: 1, max: 2 ** 20 }))
				.map(([feed, from, count]) => ({ feed, from, to: from + count })),
			{ maxLength: 4 },
		),
	}),
	fc.record({
		type: fc.constant('signal' as const),
		signal: fc.record({
			space: id,
			from: id,
			to: id,
			attempt: bytes(16),
			step: choice(SIGNAL_STEP),
			payload: blob(300),
			time: uint,
			signature,
		}),
	}),
	fc.record({
		type: fc.constant('enrol-me' as const),
		space: id,
		member,
		tokenHash: id,
		proof: signature,
	}),
	fc.record({ type: fc.constant('enrolled' as const), device: id, block: blob(1024) }),
);

export const envelope: fc.Arbitrary<Envelope> = fc.record({
	from: id,
	to: fc.option(id),
	hops: fc.nat(3),
	message: spaceMessage,
});

export const linkFrame: fc.Arbitrary<LinkFrame> = fc.oneof(
	fc.record({ type: fc.constant('hello' as const), tag: id, device: id, signature }),
	fc.record({ type: fc.constant('space' as const), tag: id, envelope: blob(300) }),
	fc.record({ type: fc.constant('ping' as const), number: uint }),
	fc.record({ type: fc.constant('pong' as const), number: uint }),
	fc.record({ type: fc.constant('meet' as const), message: blob(300) }),
);
