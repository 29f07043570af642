// How devices keep level, and what each asks of whom.
import { beforeEach, describe, expect, it } from 'vitest';
import { signedState } from '#lib/messenger/delivery/statement.ts';
import { KIND } from '#lib/protocol/entry.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import {
	admit,
	anInvitation,
	carry,
	createDevices,
	found,
	invite,
	level,
	reopen,
	say,
	write,
	type Device,
	type Devices,
} from '../../support/devices.ts';
import { fenceOf } from '../../support/moderating.ts';
import { askedFor, createSyncing, type Syncing } from '../../support/syncing.ts';

const MINUTE = 60_000;

describe('devices that meet', () => {
	let world: Devices;
	let people: [Device, Device, Device];
	let syncing: Syncing;
	const entriesTo = (to: Device): number =>
		syncing.said.reduce(
			(sum, each) =>
				each.to === to && each.message.type === 'entries' ? sum + each.message.packets.length : sum,
			0,
		);

	beforeEach(async () => {
		world = createDevices(41);
		people = [await world.device('Alice'), await world.device('Bob'), await world.device('Carol')];
		await found(people[0]);
		const invited = await invite(people[0]);
		for (const newcomer of people.slice(1)) await admit(people[0], invited, newcomer);
		await level(...people);
		syncing = createSyncing(...people);
	});

	it('[PK5] are level when one has said all that it holds, and not when it has said some', async () => {
		const [alice, bob] = people;
		await syncing.meet(alice, bob);
		const met = world.clock.now();
		expect(syncing.levelAt(bob)).toBe(met);
		syncing.part(alice, bob);
		world.clock.advance(MINUTE / 2);
		const { ports, self, space } = alice;
		const some = await signedState(ports.clock, self, space, [], {
			full: false,
			wantsReply: false,
		});
		await syncing.bring(alice, bob, some);
		expect(syncing.levelAt(bob)).toBe(met);
		const feeds = [...space.ledger.feeds.values()].flatMap((feed) => space.ledger.headOf(feed));
		const all = await signedState(
			ports.clock,
			self,
			space,
			feeds.filter(({ seq }) => seq >= 0),
			{
				full: true,
				wantsReply: false,
			},
		);
		await syncing.bring(alice, bob, all);
		expect(syncing.levelAt(bob)).toBe(met + MINUTE / 2);
	});

	it('[SY5] serve at most 512 control entries for one request, and the asker goes on at once', async () => {
		const [his, hers] = people;
		for (let n = 0; n < 600; n++) {
			await write(his, { kind: KIND.channel, name: `channel ${n}` });
		}
		// Of a forked feed nothing is asked for: what comes comes for the authority log alone.
		const { publicKey } = his.self.device;
		hers.space.ledger.freeze(publicKey, 1, { id: his.space.id, time: { ms: 1, counter: 0 } });
		await syncing.meet(his, hers);
		// Not a moment has passed.
		expect(hers.space.ledger.control.size).toBe(his.space.ledger.control.size);
		const pulls = syncing.said.filter(
			({ from, message }) => from === hers && message.type === 'pull',
		);
		let served = 0;
		for (const each of syncing.said) {
			if (each === pulls[1]) break;
			if (each.to === hers && each.message.type === 'entries')
				served += each.message.packets.length;
		}
		expect(served).toBe(512);
		expect(entriesTo(hers)).toBeLessThan(1.1 * 600);
	}, 60_000);

	it('[SY1] tell each other of what the authority log took, though its feed is behind', async () => {
		const [alice, bob, carol] = people;
		await syncing.meet(alice, carol);
		const before = await say(bob, 'kept back');
		const act = await write(bob, anInvitation);
		await syncing.bring(bob, alice, { type: 'entries', packets: [act.packet] });
		expect(before.header.seq).toBe(0);
		expect(alice.space.ledger.control.has(act.key)).toBe(true);
		world.clock.advance(1000);
		await syncing.settle();
		expect(carol.space.ledger.control.has(act.key)).toBe(true);
	});

	describe('of which one holds another entry than a fence names', () => {
		let toAlice: Entry;

		/** Bob tells two stories; Alice bans him by the one, and all that Carol holds is the other, and the ban. */
		async function contradict(): Promise<void> {
			const [a, b, c] = people;
			await level(a, b, c);
			const earlier = b.disk.snapshot();
			world.clock.advance(1000);
			const toCarol = await say(b, 'told to Carol');
			const more = await say(b, 'and more');
			b.disk.restore(earlier);
			await reopen(b);
			world.clock.advance(1000);
			toAlice = await say(b, 'told to Alice');
			await carry([toCarol.packet, more.packet], c);
			await carry([toAlice.packet], a);
			world.clock.advance(1000);
			const ban = await write(a, {
				kind: KIND.ban,
				target: b.self.rootHash,
				fence: fenceOf(a, b),
				voidInvites: false,
				reason: '',
			});
			await carry([ban.packet], c);
			expect(c.space.ledger.contradicted.get(b.key)).toBe(toAlice.header.seq);
		}

		it('[FE2] is asked for by whom it contradicts, of whoever comes, after a restart too', async () => {
			const [a, b, c] = people;
			await contradict();
			await reopen(c);
			syncing.restart(c);
			syncing.restart(a);
			await syncing.meet(a, c);
			expect(askedFor(syncing, c, b)).toContain('Alice');
			expect(c.space.ledger.feeds.get(b.key)?.frozenAt).toBe(toAlice.header.seq);
			// The right one is here now: nobody is asked any more.
			const before = askedFor(syncing, c, b).length;
			world.clock.advance(MINUTE);
			await syncing.meet(a, c);
			expect(askedFor(syncing, c, b)).toHaveLength(before);
		});

		it('[FE2] is asked for again, where it was lost on the way', async () => {
			const [a, b, c] = people;
			await contradict();
			const stored = await a.space.kept.packet(b.self.device.publicKey, toAlice.header.seq);
			expect(stored).toBeDefined();
			const receive = c.space.receive.bind(c.space);
			let lost = 0;
			Object.assign(c.space, {
				receive: (packets: Parameters<typeof receive>[0]) => {
					lost += 1;
					return receive(lost > 0 && packets.length > 0 ? [] : packets);
				},
			});
			syncing.restart(c);
			await syncing.meet(a, c);
			expect(lost).toBeGreaterThan(0);
			expect(c.space.ledger.contradicted.has(b.key)).toBe(true);
			expect(c.space.ledger.feeds.get(b.key)?.frozenAt).toBeNull();
			Object.assign(c.space, { receive });
			syncing.part(a, c);
			world.clock.advance(MINUTE);
			await syncing.meet(a, c);
			expect(c.space.ledger.feeds.get(b.key)?.frozenAt).toBe(toAlice.header.seq);
		});
	});
});
