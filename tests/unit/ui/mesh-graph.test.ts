import { describe, expect, it } from 'vitest';
import { activityBetween } from '#lib/components/peers/mesh-activity.ts';
import { meshGraph } from '#lib/components/peers/mesh-graph.ts';
import type { NetworkView } from '#lib/messenger/api.ts';
import { fakeNetwork } from '../../support/fake-network.ts';

const me = { name: 'Alex', rootHash: 'aa', deviceName: 'Firefox' };
const edgesOf = (network: NetworkView): readonly string[] => {
	const { nodes, edges } = meshGraph(me, network);
	const label = (id: string): string => nodes.find((node) => node.id === id)?.label ?? '?';
	return edges.map(
		({ from, to, kind, activity }) => `${label(from)} ${kind} ${label(to)} ${activity}`,
	);
};

describe('the live map', () => {
	it('shows how each peer is reached, and each relay that stands', () => {
		expect(edgesOf(fakeNetwork('direct'))).toEqual([
			'Alex relay relay.harbour.example still',
			'Alex direct Mina Okafor still',
			'relay.harbour.example relay Jonas Weber still',
			'Alex direct ليلى حداد trying',
			'relay.harbour.example relay ليلى حداد still',
		]);
	});

	it('moves along own lines what passes there, and no sign of life', () => {
		const network = fakeNetwork('direct');
		const [mina] = network.peers;
		const [relay] = network.relays;
		const counts = (sent: number, received: number) => ({ sent, received });
		const moves = (...now: [number, number][]): readonly string[] => {
			const ids = [mina!.device, relay!.id];
			const before = new Map(ids.map((id) => [id, counts(5000, 5000)]));
			const after = new Map(ids.map((id, n) => [id, counts(...now[n]!)]));
			const { edges } = meshGraph(me, network, [], activityBetween(before, after));
			return edges.slice(0, 2).map(({ to, activity }) => `${ids.indexOf(to)} ${activity}`);
		};
		expect(moves([5030, 5030], [5200, 5200])).toEqual(['1 still', '0 still']);
		expect(moves([6095, 5030], [5030, 6095])).toEqual(['1 back', '0 forth']);
		expect(moves([6095, 6095], [5000, 5000])).toEqual(['1 still', '0 both']);
	});

	it('shows a relay that is waited for, and no line to it', () => {
		const { nodes, edges } = meshGraph(me, fakeNetwork('waiting'));
		expect(nodes.map(({ label, state }) => `${label} ${state}`)).toEqual([
			'Alex on',
			'192.168.1.20:8080 off',
		]);
		expect(edges).toEqual([]);
	});

	it('draws two dozen peers, the direct ones first, and counts the others', () => {
		const peer = (n: number): NetworkView['peers'][number] => ({
			device: String(n),
			rootHash: String(n),
			name: `Peer ${n}`,
			deviceName: '',
			route: n > 90 ? 'direct' : 'relay',
			via: null,
			roundTripMs: null,
		});
		const network = {
			...fakeNetwork('direct'),
			relays: [],
			peers: Array.from({ length: 100 }, (_, n) => peer(n)),
		};
		const { nodes, edges, more } = meshGraph(me, network);
		expect([nodes.length, edges.length, more]).toEqual([25, 9, 76]);
	});

	it('draws whoever is reached through a member behind that member, whatever others are called', () => {
		const network = fakeNetwork('direct');
		const [mina, , layla] = network.peers;
		const namesake = { ...mina!, device: 'first of two Minas', route: 'direct' as const };
		const reached = { ...layla!, route: 'member' as const, via: mina!.name, carrier: mina!.device };
		const { edges } = meshGraph(me, { ...network, relays: [], peers: [namesake, mina!, reached] });
		expect(edges.at(-1)).toMatchObject({ from: mina!.device, to: layla!.device });
	});

	it('shows links among others once, and only between those it draws', () => {
		const network = fakeNetwork('direct');
		const [mina, jonas] = network.peers.map(({ device }) => device);
		const mesh = {
			devices: [],
			links: [
				{ a: jonas ?? '', b: mina ?? '' },
				{ a: 'x', b: mina ?? '' },
			],
		};
		const { edges } = meshGraph(me, network, [mesh, mesh]);
		expect(edges.filter(({ from }) => from === jonas).map(({ to }) => to)).toEqual([mina]);
		expect(edges).toHaveLength(6);
	});

	it('calls own other devices by their names', () => {
		const network = fakeNetwork('bridged');
		const own = network.peers.map((peer) => ({ ...peer, rootHash: me.rootHash }));
		const { nodes } = meshGraph(me, { ...network, peers: own });
		expect(nodes.map(({ label }) => label)).toContain('Firefox on Android');
	});
});
