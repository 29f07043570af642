// Asking for long stretches of several feeds at once.
import { expect, it } from 'vitest';
import { createLedger } from '#lib/crdt/ledger.ts';
import { createAsking } from '#lib/messenger/delivery/asking.ts';
import type { Post } from '#lib/messenger/delivery/post-face.ts';
import type { Ports } from '#lib/messenger/ports.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import type { State } from '#lib/protocol/space-state.ts';
import { toHex } from '#lib/util/bytes.ts';
import { admit, found, invite, named, pen, person } from '../../support/authority-world.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const LENGTH = 2000;
/** Entries that come at once. */
const BATCH = 64;

it('[SY3] [SY5] asks for each entry once, however far behind it is', () => {
	const hers = pen(person('Founder'));
	const world = found(hers);
	const link = world.write(hers, invite(10));
	const people = [person('Bob'), person('Carol')];
	for (const who of people) world.write(hers, admit(who, link));
	const ledger = createLedger(world.space);
	for (const control of world.all) ledger.place(control.entry, control);

	const pulls: Extract<SpaceMessage, { type: 'pull' }>[] = [];
	const attempt = (_: string, message: SpaceMessage): boolean =>
		message.type === 'pull' && pulls.push(message) > 0;
	const asking = createAsking(
		{ clock: createManualClock() } as unknown as Ports,
		{ ledger, missing: () => [] } as unknown as Space,
		{ attempt } as unknown as Post,
		() => true,
	);
	const feeds = people.map(({ device, name }) => ({
		feed: device,
		seq: LENGTH - 1,
		id: named(`${name} ${LENGTH - 1}`),
	}));
	asking.onState('dora', { feeds, controlHeads: [], full: true } as unknown as State);

	let asked = 0;
	for (let pull = pulls.shift(); pull !== undefined; pull = pulls.shift()) {
		// As they are served: one stretch after the other, a few at a time, each kept before the next.
		for (const { feed, from, to } of pull.ranges) {
			asked += to - from;
			for (let at = from; at < to; at += BATCH) {
				const end = Math.min(to, at + BATCH);
				const { name } = people.find(({ device }) => device === feed) ?? { name: '' };
				ledger.setBases([{ feed, seq: end - 1, id: named(`${name} ${end - 1}`) }]);
				asking.onKept([feed]);
				asking.onServed('dora', end - at);
			}
		}
	}
	for (const { device } of people) expect(ledger.feeds.get(toHex(device))?.seq).toBe(LENGTH - 1);
	expect(asked).toBe(people.length * LENGTH);
	asking.stop();
});
