// What the connection test says on networks as people have them: whatever is said must be so.
import { expect, it } from 'vitest';
import type { Person } from '../e2e/support/person.ts';
import { NO_RELAY } from '../e2e/support/complaints.ts';
import { m } from '../e2e/support/words.ts';
import { lab, type Node } from './support/lab.ts';
import { ORIGIN, RELAY, useNetwork } from './support/network.ts';

const network = useNetwork();

/** Somebody new on this node who uses the relay that the app came from. */
async function onNode(node: Node): Promise<Person> {
	const person = await network.person(node);
	await person.visit(ORIGIN);
	await person.start();
	await person.peers.acceptOffered();
	return person;
}

const relay = RELAY;

it('[NT2] [NT3] behind a home router all works, by one relay already', async () => {
	const said = await (await onNode('alice')).peers.test(m.test_all_works());
	expect(said).toContain(m.test_stun_answers({ relay }));
	expect(said).toContain(m.test_mapping_steady());
});

it('[NT2] [NT3] in a hotel one relay leaves open what the router does, and a second one tells', async () => {
	const sym = await onNode('sym1');
	const said = await sym.peers.test(m.test_likely());
	expect(said).toContain(m.test_stun_answers({ relay }));
	expect(said).toContain(m.test_mapping_unknown());
	const { address } = await network.secondRelay();
	await sym.peers.addRelay(address);
	expect(await sym.peers.test(m.test_varies())).toContain(m.test_mapping_varies());
});

it('[NT2] [NT3] behind a corporate firewall UDP is what fails', async () => {
	const said = await (await onNode('corp')).peers.test(m.test_no_udp());
	expect(said).toContain(m.test_stun_silent({ relay }));
	expect(said).toContain(m.test_channel_works());
});

it('[NT3] a dead relay is told from a network that is gone', async () => {
	const bob = await onNode('bob');
	bob.expectComplaint(NO_RELAY);
	await network.relay.kill();
	const said = await bob.peers.test(m.test_silent());
	expect(said).toContain(m.test_relay_unreachable({ relay }));
	// Its code may not have come any more: that is no word about the browser.
	expect(said).not.toContain(m.test_channel_missing());
	lab('fault', 'bob', 'ifdown');
	expect(await bob.peers.test(m.test_offline())).not.toContain(m.test_channel_missing());
});
