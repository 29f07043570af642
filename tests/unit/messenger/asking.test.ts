// Asking for long stretches of several feeds at once.
import { expect, it } from 'vitest';
import { createLedger } from '#lib/crdt/ledger.ts';
import { createAsking } from '#lib/messenger/delivery/asking.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import type { Ports } from '#lib/messenger/ports.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import type { FeedHead, State } from '#lib/protocol/space-state.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	found,
	invite,
	named,
	pen,
	person,
	type Person,
} from '../../support/authority-world.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const LENGTH = 2000;
/** Entries that come at once. */
const BATCH = 64;

interface Pull extends Extract<SpaceMessage, { type: 'pull' }> {
	readonly of: string;
}

function askingDevice() {
	const hers = pen(person('Founder'));
	const world = found(hers);
	const link = world.write(hers, invite(10));
	const people = [person('Bob'), person('Carol')];
	for (const who of people) world.write(hers, admit(who, link));
	const ledger = createLedger(world.space);
	for (const control of world.all) ledger.place(control.entry, control);
	const pulls: Pull[] = [];
	const attempt = (of: string, message: SpaceMessage): boolean =>
		message.type === 'pull' && pulls.push({ ...message, of }) > 0;
	const clock = createManualClock();
	const asking = createAsking(
		{ clock } as unknown as Ports,
		{ ledger, missing: () => [] } as unknown as Space,
		{ attempt } as unknown as Post,
		() => true,
	);
	const headOf = ({ device, name }: Person, length: number): FeedHead => ({
		feed: device,
		seq: length - 1,
		id: named(`${name} ${length - 1}`),
	});
	const tell = (by: string, ...feeds: readonly FeedHead[]): void => {
		asking.onState(by, { feeds, controlHeads: [], full: true } as unknown as State);
	};
	return { ledger, people, pulls, clock, asking, headOf, tell };
}

it('[SY3] [SY5] asks for each entry once, however far behind it is', () => {
	const { ledger, people, pulls, asking, headOf, tell } = askingDevice();
	tell('dora', ...people.map((who) => headOf(who, LENGTH)));

	let asked = 0;
	for (let pull = pulls.shift(); pull !== undefined; pull = pulls.shift()) {
		// As they are served: one stretch after the other, a few at a time, each kept before the next.
		for (const { feed, from, to } of pull.ranges) {
			asked += to - from;
			for (let at = from; at < to; at += BATCH) {
				const end = Math.min(to, at + BATCH);
				const { name } = people.find(({ device }) => device === feed) ?? { name: '' };
				ledger.setBases([{ feed, seq: end - 1, id: named(`${name} ${end - 1}`) }]);
				asking.askAll();
				asking.onServed('dora', end - at);
			}
		}
	}
	for (const { device } of people) expect(ledger.feeds.get(toHex(device))?.seq).toBe(LENGTH - 1);
	expect(asked).toBe(people.length * LENGTH);
	asking.stop();
});

it('[SY3] asks another for what somebody holds and doesn’t give, though others gave what follows it', () => {
	const { people, pulls, clock, asking, headOf, tell } = askingDevice();
	const bob = people[0] as Person;
	tell('mallory', headOf(bob, 1));
	tell('dora', headOf(bob, 121));
	const askedOf = (of: string): string[] =>
		pulls.flatMap((pull) =>
			pull.of === of ? pull.ranges.map(({ from, to }) => `${from}-${to}`) : [],
		);
	expect([askedOf('mallory'), askedOf('dora')]).toEqual([['0-1'], ['1-121']]);
	// What follows has come, and waits for what she does not give: nothing is kept.
	asking.onServed('dora', 120);
	clock.advance(3000);
	expect(askedOf('dora')).toContain('0-121');
	asking.stop();
});
