// What happens to messages when the network breaks under people who are talking.
import { it } from 'vitest';
import { m } from '../e2e/support/words.ts';
import { isShort, lab } from './support/lab.ts';
import { bothDirect, bothThrough, expectSame, talk, timed } from './support/meeting.ts';
import { RELAY, useNetwork } from './support/network.ts';
import { linked, recover, writeThrough } from './support/outage.ts';

const network = useNetwork();
const long = it.skipIf(isShort);

function cutOff(): void {
	lab('fault', 'alice', 'block=relay');
	lab('fault', 'alice', 'block=bob');
}

it('[SM2] a partition of 40 s loses nothing and doubles nothing', async () => {
	const [alice, bob] = await linked(network);
	cutOff();
	await recover('40 s partition', alice, bob, await writeThrough(40_000, alice, bob));
});

long.for([10, 300])('[SM2] so does one of %i s', async (seconds) => {
	const [alice, bob] = await linked(network);
	cutOff();
	const said = await writeThrough(seconds * 1000, alice, bob);
	await recover(`${String(seconds)} s partition`, alice, bob, said);
});

long('[SM2] a path of 200 ms that loses every tenth packet loses no message', async () => {
	const [alice, bob] = await linked(network);
	lab('fault', 'home1', 'delay=100', 'jitter=10', 'loss=5');
	const said = await writeThrough(20_000, alice, bob);
	await recover('100 ms ± 10 and 5 % loss each way', alice, bob, said, () => undefined);
});

long('[SM2] a cable that is pulled for 30 s loses nothing and doubles nothing', async () => {
	const [alice, bob] = await linked(network);
	lab('fault', 'alice', 'unplug');
	await recover('unplugged', alice, bob, await writeThrough(30_000, alice, bob));
});

long('[SM2] a router that swallows everything for 30 s does so, too', async () => {
	const [alice, bob] = await linked(network);
	lab('fault', 'home1', 'blackhole');
	await recover('blackhole', alice, bob, await writeThrough(30_000, alice, bob));
});

long('[SM2] [LM7] a router that forgets its mappings does so, too', async () => {
	const [alice, bob] = await linked(network);
	lab('fault', 'home1', 'reset-nat');
	const said = await writeThrough(10_000, alice, bob);
	await recover('router restarted', alice, bob, said, () => undefined);
});

long('[SM2] [LM7] somebody who goes from one LAN to another does so, too', async () => {
	const [alice, bob] = await linked(network);
	try {
		// The open router lets the world in to this address.
		lab('move', 'carl', 'cabin', '192.168.9.12');
		lab('move', 'alice', 'home3', '192.168.3.10');
		const said = await writeThrough(10_000, alice, bob);
		await recover('roamed', alice, bob, said, () => undefined);
	} finally {
		lab('move', 'alice', 'home1', '192.168.1.10');
		lab('move', 'carl', 'home3', '192.168.3.10');
	}
});

long('[SM2] [LM8] a laptop that sleeps for 60 s does so, too', async () => {
	const [alice, bob] = await linked(network);
	lab('kill', 'bob', 'STOP');
	const said = await writeThrough(60_000, alice);
	await recover('asleep', alice, bob, said, () => lab('kill', 'bob', 'CONT'));
});

it('[LK3] [OB2] when only the direct path breaks, messages go on through the relay', async () => {
	const [alice, bob] = await linked(network);
	lab('fault', 'alice', 'block=bob');
	await talk(alice, bob, 'right after the path broke');
	await timed('path broken: noticed after another', () => bothThrough(RELAY, alice, bob));
	await talk(alice, bob, 'through the relay');
	lab('heal');
	await timed('path mended: direct again', () => bothDirect(alice, bob));
	await talk(alice, bob, 'direct again');
});

it('[DV3] [RP2] people who are linked go on when the relay dies, and use it again when it is back', async () => {
	const [alice, bob] = await linked(network);
	await network.relay.kill();
	await talk(alice, bob, 'right after the relay died');
	for (const { peers } of [alice, bob]) await peers.relayIs(m.relay_waiting_soon());
	await bothDirect(alice, bob);
	await talk(alice, bob, 'without a relay');
	await network.relay.start();
	await timed('relay back: connected', () =>
		Promise.all([alice, bob].map(({ peers }) => peers.relayIs(m.relay_connected()))),
	);
	await bothDirect(alice, bob);
	await talk(alice, bob, 'with the relay back');
	const topics = ['right after the relay died', 'without a relay', 'with the relay back'];
	const said = topics.flatMap((topic) => [`Alice, ${topic}`, `Bob, ${topic}`]);
	await expectSame(alice, bob, said);
});
