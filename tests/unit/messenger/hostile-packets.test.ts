// Whatever a member who has turned, or anybody before or after, gives to a node: it is refused under the name that the
// specification has for it, and nothing of it is seen.
import { beforeAll, describe, expect, it } from 'vitest';
import { ed25519 } from '@noble/curves/ed25519.js';
import { entryId, readEntry, signedContent } from '#lib/crdt/check-entry.ts';
import { compareTime, decodeHeader, KIND } from '#lib/protocol/entry.ts';
import { decodeEnvelope } from '#lib/protocol/space-message.ts';
import { toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { channelOf, crypto } from '../../support/devices.ts';
import type { HostileCase } from '../../support/hostile/case.ts';
import { contents } from '../../support/hostile/contents.ts';
import { carrying, deliver, envelopeOf } from '../../support/hostile/deliver.ts';
import { forge } from '../../support/hostile/forge.ts';
import { frames } from '../../support/hostile/frames.ts';
import {
	IDENTITY,
	malleated,
	packets,
	signsAnything,
	spoken,
} from '../../support/hostile/packets.ts';
import { places } from '../../support/hostile/places.ts';
import { pulls, signals, statements, states } from '../../support/hostile/statements.ts';
import { stolen, admits, verdicts } from '../../support/hostile/verdicts.ts';
import { createHostileWorld, type HostileWorld } from '../../support/hostile/world.ts';

const corpus: readonly HostileCase[] = [
	...frames,
	...packets,
	...contents,
	...places,
	...verdicts,
	...statements,
];

/** Of what is taken, but has no effect: its own line in the log, and how far its author's feed goes. */
function ownLines(given: readonly Bytes[]): string[] {
	return given.flatMap((frame) => {
		const envelope = decodeEnvelope(frame);
		if (!envelope.ok || envelope.value.message.type !== 'entries') return [];
		return envelope.value.message.packets.flatMap((packet) => {
			const header = decodeHeader(packet.header);
			const key = toHex(entryId(crypto, packet.header));
			return header.ok
				? [`control ${key} `, `feed ${toHex(header.value.device)} `, `message ${key} unreadable `]
				: [];
		});
	});
}

describe('what is hostile', () => {
	let world: HostileWorld;
	beforeAll(async () => {
		world = await createHostileWorld(5);
	});

	it.each(corpus)(
		'[$rule] $name: $reasons',
		async ({ rule, by = 'bob', frames: make, reasons }) => {
			const from = world[by];
			const given = await make(world, from);
			const { digests, segments, ...delivery } = await deliver(world, from, ...given);
			expect(delivery.reasons).toEqual(reasons);
			expect(delivery.signals).toBe(0);
			expect(digests.reopened).toBe(digests.after);
			const isTaken = rule === 'HO3' || rule === 'HO5' || reasons.includes('forked');
			const own = isTaken ? ownLines(given) : [];
			const other = delivery.changed.filter(
				(line) => !own.some((each) => line.slice(2).startsWith(each)),
			);
			if (reasons.includes('forked')) {
				// Two in one place: neither counts for anybody.
				expect(other).toEqual([`- message ${world.his.key} shown Hello both`]);
				return;
			}
			expect(other).toEqual([]);
			if (!isTaken) expect(digests.after).toBe(digests.before);
			if (rule !== 'HO3') expect(segments.after).toBe(segments.before);
			if (rule === 'HO6') expect(delivery.answers).toEqual([]);
		},
	);

	it('[HO1] is of more than fifty kinds, each told from the others', () => {
		expect(corpus.length).toBeGreaterThan(50);
		expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
	});

	it('[HO2] would be taken by a laxer check of signatures', async () => {
		const { packet } = await spoken(world.bob);
		const content = signedContent(packet.header);
		const lax = { zip215: true };
		expect(ed25519.verify(signsAnything, utf8('anything'), IDENTITY, lax)).toBe(true);
		expect(malleated(packet.signature)).not.toEqual(packet.signature);
		expect(ed25519.verify(packet.signature, content, world.bob.self.device.publicKey)).toBe(true);
	});

	it('[HO4] [HO5] is told from what is true', async () => {
		const { bob, pat } = world;
		const said = await spoken(bob, {}, 'True');
		const { reasons, changed } = await deliver(world, bob, carrying(bob, said.packet));
		expect(reasons).toEqual(['shown']);
		expect(changed).toContain(`+ message ${said.key} shown True`);
		const made = await forge(pat, { content: { kind: KIND.channel, name: 'new' } });
		expect((await deliver(world, bob, carrying(bob, made.packet))).reasons).toEqual(['valid']);
	});

	it('[HO6] is told from what is answered', async () => {
		const { bob } = world;
		const give = async (message: Parameters<typeof envelopeOf>[1]) =>
			deliver(world, bob, envelopeOf(bob, message));
		expect((await give(await states(bob, world))).answers).not.toEqual([]);
		expect((await give(pulls(world))).answers.map(({ type }) => type)).toEqual(['entries']);
		expect((await give(await signals(bob, world))).signals).toBe(1);
	});

	it('[HO6] tells who is banned of the ban, and nothing that came after', async () => {
		const { dave, ban } = world;
		const { answers } = await deliver(world, dave, envelopeOf(dave, await states(dave, world)));
		const told = answers.flatMap((each) => (each.type === 'entries' ? each.packets : []));
		const entries = told.flatMap((packet) => {
			const read = readEntry(crypto, packet);
			return read.ok ? [read.value] : [];
		});
		expect(entries.map(({ key }) => key)).toContain(ban.key);
		const late = entries.filter(({ header }) => compareTime(header.time, ban.header.time) > 0);
		expect(late).toEqual([]);
		expect(answers.filter(({ type }) => type === 'state')).toEqual([]);
	});

	it('[HO5] takes nobody’s device away, in however many steps', async () => {
		const { bob, carol } = world;
		const { self, root } = await stolen(world);
		const claim = await forge(bob, { content: await admits(world, world.invited.open, { self }) });
		const end = await forge(bob, {
			content: await root.revoke(bob.space.id, carol.self.device.publicKey, []),
			after: claim,
		});
		const said = await forge(carol, {
			content: { kind: KIND.message, channel: channelOf(carol), text: 'Still here', replyTo: null },
		});
		const { reasons, changed } = await deliver(
			world,
			bob,
			...[claim, end, said].map(({ packet }) => carrying(bob, packet)),
		);
		expect(reasons).toEqual(['unproven', 'unknown-target', 'shown']);
		expect(changed).not.toContain(`- device ${carol.key} in`);
	});
});
