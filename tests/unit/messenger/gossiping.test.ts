// Who hands on what is new to whom.
import { expect, it } from 'vitest';
import { createGossiping } from '#lib/messenger/delivery/gossiping.ts';
import type { PeerRecord } from '#lib/protocol/peer-record.ts';
import type { SpaceMessage } from '#lib/protocol/space-message.ts';
import { createDevices, crypto, found, say } from '../../support/devices.ts';

const PEERS = ['c', 'd', 'e'].map((digit) => digit.repeat(64));
const [CAROL, DAVE, EVE] = PEERS as [string, string, string];

/** Bob's device, linked with three others; Alice's entries come to it. */
async function bobs(large = true) {
	const devices = createDevices(1);
	const alice = await devices.device('Alice');
	await found(alice);
	const sent: { readonly to: string; readonly message: SpaceMessage }[] = [];
	const records = new Map<string, Partial<PeerRecord>>();
	const post = {
		near: () => ({ linked: [alice.key, ...PEERS], seen: [] }),
		isLarge: () => large,
		send: (to: string, message: SpaceMessage) => sent.push({ to, message }) > 0,
	};
	const gossiping = createGossiping({ clock: devices.clock, crypto }, 'b'.repeat(64), post, {
		recordOf: (device) => records.get(device) as PeerRecord | undefined,
	});
	gossiping.look();
	const pushed = (): string[] =>
		sent.filter(({ message }) => message.type === 'entries').map(({ to }) => to);
	const told = (): string[] =>
		sent.filter(({ message }) => message.type === 'gossip').map(({ to }) => to);
	return { alice, clock: devices.clock, gossiping, records, sent, pushed, told };
}

it('[GS1] hands a new entry on to neighbours, but those whom its author reaches', async () => {
	const { alice, gossiping, records, pushed, told, clock } = await bobs();
	const dave = new Uint8Array(8).fill(0xdd);
	records.set(alice.key, { linked: [dave], seen: [], relays: [] });
	const entry = await say(alice, 'Hello');
	expect(gossiping.admit(alice.key, [entry.packet])).toEqual([entry.packet]);
	expect(pushed()).toEqual([]);
	gossiping.onKept([entry]);
	expect(pushed()).toEqual([CAROL, EVE]);
	clock.advance(100);
	expect(told()).toEqual([DAVE]);
});

it('[GS1] hands nothing on that is old, or that all can read from the same relay', async () => {
	const { alice, gossiping, records, pushed, clock } = await bobs(false);
	const relays = [new Uint8Array(32)];
	for (const device of [alice.key, ...PEERS]) records.set(device, { linked: [], seen: [], relays });
	const entry = await say(alice, 'Hello');
	gossiping.onKept([entry]);
	clock.advance(1000);
	expect(pushed()).toEqual([]);
	records.clear();
	const late = await say(alice, 'Late');
	clock.advance(61_000);
	gossiping.onKept([late]);
	expect(pushed()).toEqual([]);
});

it('[GS2] [GS3] gives what it keeps to whoever asks for it by name, and nothing that it has not kept', async () => {
	const { alice, gossiping, pushed } = await bobs();
	const entry = await say(alice, 'Hello');
	const news = { have: [], want: [entry.id], prune: false };
	gossiping.admit(alice.key, [entry.packet]);
	gossiping.onNews(CAROL, news);
	expect(pushed()).toEqual([]);
	gossiping.onKept([entry]);
	const before = pushed().length;
	gossiping.onNews(CAROL, news);
	expect(pushed().slice(before)).toEqual([CAROL]);
	gossiping.onNews(EVE, { have: [], want: [], prune: true });
	const next = await say(alice, 'Again');
	gossiping.onKept([next]);
	expect(pushed().slice(before + 1)).toEqual([CAROL, DAVE]);
});

it('[GS4] takes nothing more from a neighbour that pushes without end', async () => {
	const { alice, gossiping } = await bobs();
	const entry = await say(alice, 'Hello');
	let taken = 0;
	while (taken < 100_000 && gossiping.admit(CAROL, [entry.packet]).length > 0) taken++;
	expect(taken).toBeGreaterThan(1000);
	expect(taken).toBeLessThan(100_000);
	expect(gossiping.admit(DAVE, [entry.packet])).toHaveLength(1);
});
