// Which way messages take between networks as people have them at home, in hotels and in offices.
import { expect, it } from 'vitest';
import type { Person } from '../e2e/support/person.ts';
import { everConnected, pathsOf } from './support/connections.ts';
import { lab } from './support/lab.ts';
import { bothDirect, bothThrough, meet, talk, timed } from './support/meeting.ts';
import { RELAY, useNetwork } from './support/network.ts';

const network = useNetwork();

/** No direct connection comes about, and none is missed. */
async function onRelay(one: Person, other: Person): Promise<void> {
	await talk(one, other, 'at once');
	await timed(`${one.name}–${other.name}: seen as through the relay`, () =>
		bothThrough(RELAY, one, other),
	);
	await talk(one, other, 'later');
	expect(await everConnected(one.page)).toBe(false);
	expect(await everConnected(other.page)).toBe(false);
}

it('[DV3] two people on one LAN are linked directly, and need no STUN for it', async () => {
	lab('exec', 'relay', 'iptables', '-t', 'raw', '-A', 'PREROUTING', '-p', 'udp', '-j', 'DROP');
	const [alice, anna] = await meet(network, 'alice', 'anna');
	await timed('alice–anna: direct', () => bothDirect(alice, anna));
	lab('fault', 'relay', 'clear');
	expect(await pathsOf(alice.page)).toEqual(['host > host']);
	await talk(alice, anna, 'on the LAN');
});

it('[DV3] two people behind home routers are linked directly', async () => {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await timed('alice–bob: direct', () => bothDirect(alice, bob));
	expect(await pathsOf(alice.page)).toEqual([
		expect.stringMatching(/^(srflx|prflx) > (srflx|prflx)$/),
	]);
	await talk(alice, bob, 'through two routers');
});

it('[DV3] two people in hotels talk through the relay', async () => {
	await onRelay(...(await meet(network, 'sym1', 'sym2')));
});

it('[DV3] somebody behind a corporate firewall talks through the relay', async () => {
	await onRelay(...(await meet(network, 'corp', 'alice')));
});
