// Which way messages take between networks as people have them at home, in hotels and in offices: every pair of them.
import { expect, it } from 'vitest';
import type { Person } from '../e2e/support/person.ts';
import { everConnected, pathsOf, triedInVain } from './support/connections.ts';
import { isShort, lab, type Node } from './support/lab.ts';
import { bothDirect, bothThrough, expectSame, meet, talk, timed } from './support/meeting.ts';
import { RELAY, useNetwork } from './support/network.ts';

const network = useNetwork();

/** No direct connection comes about, and none is missed. */
async function onRelay(one: Person, other: Person): Promise<void> {
	await talk(one, other, 'at once');
	await timed(`${one.name}–${other.name}: seen as through the relay`, () =>
		bothThrough(RELAY, one, other),
	);
	await timed(`${one.name}–${other.name}: direct tried in vain after another`, () =>
		Promise.all([one, other].map(({ page }) => triedInVain(page))),
	);
	await bothThrough(RELAY, one, other);
	await talk(one, other, 'later');
	expect(await everConnected(one.page)).toBe(false);
	expect(await everConnected(other.page)).toBe(false);
	await sayNothingLost(one, other, 'at once', 'later');
}

async function direct(one: Person, other: Person): Promise<void> {
	await talk(one, other, 'at once');
	await timed(`${one.name}–${other.name}: direct`, () => bothDirect(one, other));
	await talk(one, other, 'later');
	await sayNothingLost(one, other, 'at once', 'later');
}

async function sayNothingLost(one: Person, other: Person, ...topics: string[]): Promise<void> {
	const said = topics.flatMap((topic) => [`${one.name}, ${topic}`, `${other.name}, ${topic}`]);
	await expectSame(one, other, said);
	console.log(`${one.name}–${other.name}: lost 0, duplicated 0`);
}

it('[DV3] two people on one LAN are linked directly, and need no STUN for it', async () => {
	lab('exec', 'relay', 'iptables', '-t', 'raw', '-A', 'PREROUTING', '-p', 'udp', '-j', 'DROP');
	const [alice, anna] = await meet(network, 'alice', 'anna');
	await direct(alice, anna);
	lab('fault', 'relay', 'clear');
	expect(await pathsOf(alice.page)).toEqual(['host > host']);
});

it('[DV3] two people behind home routers are linked directly', async () => {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await direct(alice, bob);
	expect(await pathsOf(alice.page)).toEqual([
		expect.stringMatching(/^(srflx|prflx) > (srflx|prflx)$/),
	]);
});

it('[DV3] two people in hotels talk through the relay', async () => {
	await onRelay(...(await meet(network, 'sym1', 'sym2')));
});

it('[DV3] somebody behind a corporate firewall talks through the relay', async () => {
	await onRelay(...(await meet(network, 'corp', 'alice')));
});

it('[DV3] two people in offices of different firms talk through the relay', async () => {
	await onRelay(...(await meet(network, 'corp', 'cory')));
});

it.skipIf(isShort)(
	'[DV3] two people in one office are linked directly, whatever its firewall holds back',
	async () => {
		lab('move', 'off1', 'office', '10.3.0.50');
		try {
			const [corp, colleague] = await meet(network, 'corp', 'off1');
			await direct(corp, colleague);
			expect(await pathsOf(corp.page)).toEqual(['host > host']);
		} finally {
			lab('move', 'off1', 'cabin', '192.168.9.10');
		}
	},
);

/** The other pairs. On an offline LAN (offgrid.test.ts) nobody else is within reach. */
const others: readonly (readonly [string, Node, Node, 'direct' | 'relay'])[] = [
	['a home router and an open one', 'alice', 'carl', 'direct'],
	['two open routers', 'carl', 'carol', 'direct'],
	['a hotel and an open router', 'sym1', 'carl', 'direct'],
	['a hotel and a home router', 'sym1', 'bob', 'relay'],
	['an office and an open router', 'corp', 'carl', 'relay'],
	['an office and a hotel', 'corp', 'sym1', 'relay'],
];

it.skipIf(isShort).for(others)('[DV3] %s', async ([, first, second, route]) => {
	const [one, other] = await meet(network, first, second);
	await (route === 'direct' ? direct(one, other) : onRelay(one, other));
});
