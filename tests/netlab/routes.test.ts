// Which way messages take between networks as people have them at home, in hotels and in offices.
import { expect, it } from 'vitest';
import { lab } from './support/lab.ts';
import { meet, talk, timed } from './support/meeting.ts';
import { useNetwork } from './support/network.ts';
import type { Person } from './support/person.ts';

const network = useNetwork();

const linked = (one: Person, other: Person): Promise<unknown> =>
	timed(`${one.name}–${other.name} direct`, () =>
		Promise.all([one.reaches(other, 'direct'), other.reaches(one, 'direct')]),
	);

/** No direct connection comes about, and none is missed. */
async function onRelay(one: Person, other: Person): Promise<void> {
	await talk(one, other, 'at once');
	await timed(`${one.name}–${other.name} seen as through the relay`, () =>
		Promise.all([
			one.reaches(other, 'through relay.test', 60_000),
			other.reaches(one, 'through relay.test', 60_000),
		]),
	);
	await talk(one, other, 'later');
	expect(await one.everDirect()).toBe(false);
	expect(await other.everDirect()).toBe(false);
}

it('[LK1] two people on one LAN are linked directly, and need no STUN for it', async () => {
	lab('exec', 'relay', 'iptables', '-A', 'INPUT', '-p', 'udp', '-j', 'DROP');
	const [alice, anna] = await meet(network, 'alice', 'anna');
	await linked(alice, anna);
	expect(await alice.paths()).toEqual(['host > host']);
	await talk(alice, anna, 'on the LAN');
	lab('exec', 'relay', 'iptables', '-F', 'INPUT');
});

it('[LK1] two people behind home routers are linked directly', async () => {
	const [alice, bob] = await meet(network, 'alice', 'bob');
	await linked(alice, bob);
	expect(await alice.paths()).toEqual([expect.stringMatching(/^srflx > (srflx|prflx)$/)]);
	await talk(alice, bob, 'through two routers');
});

it('[DV3] two people in hotels talk through the relay', async () => {
	await onRelay(...(await meet(network, 'sym1', 'sym2')));
});

it('[DV3] somebody behind a corporate firewall talks through the relay', async () => {
	await onRelay(...(await meet(network, 'corp', 'alice')));
});
