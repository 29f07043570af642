// How what is new spreads over few links, and what somebody hostile can do about it.
import { describe, expect, it } from 'vitest';
import { createGossip, MAX_GOSSIP_IDS, type GossipEffect } from '#lib/mesh/gossip.ts';
import { createMeshWorld, type MeshWorld } from '../../support/mesh-world.ts';

const nobody = (): boolean => false;
const fresh = { isFirstHand: true, covered: nobody, now: 0 };
const forwarded = { isFirstHand: false, covered: nobody, now: 0 };
const kinds = (effects: readonly GossipEffect[]): string[] =>
	effects.map(({ type, to }) => `${type} ${to}`);

function withPeers(...peers: readonly string[]) {
	const gossip = createGossip();
	for (const peer of peers) gossip.up(peer);
	return gossip;
}

describe('one node', () => {
	it('[GS1] pushes its own to all, and what is new to all but whom it came from and whom its author reaches', () => {
		const gossip = withPeers('b', 'c', 'd');
		expect(kinds(gossip.publish('1'))).toEqual(['push b', 'push c', 'push d']);
		const how = { ...fresh, covered: (peer: string) => peer === 'c' };
		expect(kinds(gossip.received('b', '2', 'valid', how))).toEqual(['push d']);
		expect(gossip.tick(100)).toEqual([{ type: 'have', to: 'c', ids: ['2'] }]);
	});

	it('[GS2] hands on nothing that was not found valid', () => {
		const gossip = withPeers('b', 'c');
		expect(gossip.received('b', '1', 'invalid', fresh)).toEqual([]);
		expect(gossip.tick(1000)).toEqual([]);
		// It may still come whole from another one.
		expect(kinds(gossip.received('c', '1', 'valid', fresh))).toEqual(['push b']);
	});

	it('[GS3] ends pushes that bring what is here, tells names there, and is mended by what it asks for', () => {
		const gossip = withPeers('b', 'c', 'd', 'e', 'f');
		gossip.received('b', '1', 'valid', fresh);
		// Four go on, so that no single link has to be relied on.
		for (const peer of ['c', 'd', 'e']) {
			expect(gossip.received(peer, '1', 'known', forwarded)).toEqual([]);
		}
		// What an author gives to all its neighbours ends nothing.
		expect(gossip.received('f', '1', 'known', fresh)).toEqual([]);
		expect(kinds(gossip.received('f', '1', 'known', forwarded))).toEqual(['prune f']);
		expect(gossip.eager()).toEqual(['b', 'c', 'd', 'e']);
		gossip.received('b', '2', 'valid', fresh);
		expect(gossip.tick(500)).toEqual([{ type: 'have', to: 'f', ids: ['2'] }]);
		// Told of something that no push brings, it asks, and is pushed to by that one from then on.
		gossip.onHave('f', ['3'], 1000);
		expect(gossip.tick(1249)).toEqual([]);
		expect(gossip.tick(1250)).toEqual([{ type: 'want', to: 'f', ids: ['3'] }]);
		expect(gossip.eager()).toContain('f');
		expect(kinds(gossip.onWant('c', ['1', 'never heard of'], 1300))).toEqual(['push c']);
		gossip.onPrune('c');
		expect(gossip.eager()).not.toContain('c');
	});

	it('[GS3] asks the next who has it when the first does not answer', () => {
		const gossip = withPeers('b', 'c');
		for (const peer of ['b', 'c']) gossip.onHave(peer, ['1'], 0);
		expect(kinds(gossip.tick(250))).toEqual(['want b']);
		expect(gossip.tick(1000)).toEqual([]);
		expect(kinds(gossip.tick(1250))).toEqual(['want c']);
		expect(gossip.dueAt()).toBe(2250);
		gossip.received('c', '1', 'valid', forwarded);
		expect(gossip.tick(9000).filter(({ type }) => type === 'want')).toEqual([]);
	});

	it('[GS4] does not listen for a while to who pushes what is no good, or without end', () => {
		const gossip = withPeers('b', 'c');
		for (let n = 0; n < 8; n++) {
			expect(gossip.admits('b', 1000, 0)).toBe(true);
			gossip.received('b', `bad ${n}`, 'invalid', fresh);
		}
		gossip.received('b', 'bad 9', 'invalid', fresh);
		expect(gossip.admits('b', 1, 1000)).toBe(false);
		expect(gossip.admits('c', 1, 1000)).toBe(true);
		expect(gossip.onWant('b', ['1'], 1000)).toEqual([]);
		expect(gossip.admits('b', 1, 11 * 60_000)).toBe(true);
		const flooded = withPeers('b');
		let taken = 0;
		while (flooded.admits('b', 16_384, 0)) taken++;
		expect(taken).toBe(128);
	});

	it('[GS5] names in one message, what is waited for and what is remembered have bounds', () => {
		const gossip = withPeers('b', 'c');
		gossip.onPrune('c');
		for (let n = 0; n < 200; n++) gossip.received('b', `${n}`, 'valid', forwarded);
		const [told] = gossip.tick(1000);
		expect(told?.type === 'have' && told.ids.length).toBe(MAX_GOSSIP_IDS);
		const invented = Array.from({ length: 60 }, (_, n) => n);
		for (const n of invented) {
			gossip.onHave(
				'b',
				Array.from({ length: 64 }, (_, m) => `${n} ${m}x`),
				0,
			);
		}
		const asked = gossip.tick(250).flatMap((each) => (each.type === 'want' ? each.ids : []));
		expect(asked.length).toBeLessThanOrEqual(MAX_GOSSIP_IDS);
		// Who tells of what it doesn't give is soon not listened to.
		for (let now = 1250; now < 20_000; now += 1000) gossip.tick(now);
		expect(gossip.admits('b', 1, 20_000)).toBe(false);
		expect(gossip.admits('c', 1, 20_000)).toBe(true);
	});
});

/** Lets random honest nodes say something; true if all honest ones hear all. */
function allHear(world: MeshWorld, times: number, pause = 1000): boolean {
	const honest = world.nodes.filter(({ manner, running }) => manner === 'honest' && running);
	const ids = Array.from({ length: times }, () => {
		const id = world.publish(world.random.pick(honest));
		world.run(pause);
		return id;
	});
	world.run(10_000);
	return ids.every((id) => honest.every(({ got }) => got.has(id)));
}

describe('a whole space', () => {
	it.each([2, 9, 10, 33, 200])('[GS1] [GS3] %i nodes all hear all, in few steps', (count) => {
		const world = createMeshWorld(count, 5);
		world.link();
		expect(allHear(world, 20)).toBe(true);
		const id = world.publish(world.random.pick(world.nodes));
		world.run(5000);
		const hops = world.nodes.map(({ got }) => got.get(id)?.hops ?? Infinity);
		expect(Math.max(...hops)).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(count)) + 2);
		// A push to each, and not much more.
		if (count > 9) {
			const eager = world.nodes.reduce((sum, { gossip }) => sum + gossip.eager().length, 0);
			expect(eager / count).toBeLessThan(5);
		}
	});

	it('[GS3] those who go leave nobody behind', () => {
		const world = createMeshWorld(100, 6);
		world.link();
		allHear(world, 10);
		for (const node of world.nodes.slice(0, 30)) world.stop(node);
		// Before anybody has made a new link.
		expect(world.connected()).toBe(true);
		expect(allHear(world, 10)).toBe(true);
		world.link();
		expect(allHear(world, 10)).toBe(true);
	});

	it('[GS4] a fifth that hands on nothing, and one that floods its neighbours, stop nobody honest', () => {
		const world = createMeshWorld(200, 7, (n) => (n % 5 === 0 ? 'silent' : 'honest'));
		world.link();
		const flooder = world.nodes[0];
		if (flooder === undefined) throw new Error('nobody');
		for (let n = 0; n < 2000; n++) {
			for (const key of flooder.links) world.spam(flooder, key);
			if (n % 100 === 0) world.run(100);
		}
		expect(allHear(world, 20)).toBe(true);
		for (const key of flooder.links) {
			const victim = world.nodes.find((node) => node.key === key);
			if (victim?.manner !== 'honest') continue;
			expect(victim.gossip.admits(flooder.key, 1, world.now())).toBe(false);
		}
	});
});
