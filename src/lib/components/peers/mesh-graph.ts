// The live map's nodes and edges: oneself, who is reached and how, the relays, and what others say of links among them.
import type { Me, MeshView, NetworkView, PeerView, RelayView } from '#lib/state/views.ts';
import type { MeshActivity } from './mesh-activity.ts';
import { hostOf } from '../format/host.ts';
import type { GraphEdge, GraphNode } from '../graph/graph.ts';

export interface MeshGraph {
	readonly nodes: readonly GraphNode[];
	readonly edges: readonly GraphEdge[];
	/** How many peers are not in it. */
	readonly more: number;
}

/** More than these make a picture that nobody can read. */
const MOST_PEERS = 24;
const OWN = 'own';
const ROUTES: readonly PeerView['route'][] = ['direct', 'member', 'relay'];

/** `meshes`: of the spaces this person is in. `moving`: along which of one's own lines something passes just now. */
export function meshGraph(
	me: Me,
	{ state, peers, relays }: NetworkView,
	meshes: readonly MeshView[] = [],
	moving: MeshActivity = new Map(),
): MeshGraph {
	const shown = ROUTES.flatMap((route) => peers.filter((peer) => peer.route === route)).slice(
		0,
		MOST_PEERS,
	);
	const own: GraphNode = {
		id: OWN,
		label: me.name,
		kind: 'person',
		state: state === 'offline' ? 'off' : 'on',
		hash: me.rootHash,
		own: true,
	};
	return {
		nodes: [own, ...shown.map((peer) => peerNode(me, peer)), ...relays.map(relayNode)],
		edges: once([
			...relays.flatMap(relayEdge),
			...shown.flatMap((peer) => peerEdges(peer, relays, shown)),
			...meshes.flatMap((mesh) => linksAmong(shown, mesh)),
		]).map((edge) => stir(edge, moving)),
		more: peers.length - shown.length,
	};
}

const peerNode = (me: Me, { device, rootHash, name, deviceName }: PeerView): GraphNode => ({
	id: device,
	label: rootHash === me.rootHash ? deviceName : name,
	kind: 'person',
	state: 'on',
	hash: rootHash,
});

const relayNode = ({ id, address, state }: RelayView): GraphNode => ({
	id,
	label: hostOf(address),
	kind: 'relay',
	state: state === 'connected' ? 'on' : state === 'connecting' ? 'trying' : 'off',
});

function relayEdge({ id, state }: RelayView): readonly GraphEdge[] {
	if (state !== 'connected' && state !== 'connecting') return [];
	const activity = state === 'connected' ? 'still' : 'trying';
	return [{ from: OWN, to: id, kind: 'relay', activity }];
}

function peerEdges(
	{ device, route, carrier, trying }: PeerView,
	relays: readonly RelayView[],
	peers: readonly PeerView[],
): readonly GraphEdge[] {
	if (route === 'direct') return [{ from: OWN, to: device, kind: 'direct', activity: 'still' }];
	const upgrade: readonly GraphEdge[] =
		trying === true ? [{ from: OWN, to: device, kind: 'direct', activity: 'trying' }] : [];
	const drawn = route === 'relay' ? relays.map(({ id }) => id) : peers.map((peer) => peer.device);
	if (!carrier || !drawn.includes(carrier)) return upgrade;
	const kind = route === 'relay' ? 'relay' : 'direct';
	return [...upgrade, { from: carrier, to: device, kind, activity: 'still' }];
}

/** What passes elsewhere, nobody here knows. */
function stir(edge: GraphEdge, moving: MeshActivity): GraphEdge {
	const activity = edge.from === OWN && edge.activity === 'still' ? moving.get(edge.to) : undefined;
	return activity === undefined ? edge : { ...edge, activity };
}

/** Own links are known from the peers, and better. */
function linksAmong(peers: readonly PeerView[], { links }: MeshView): readonly GraphEdge[] {
	const drawn = new Set(peers.map(({ device }) => device));
	return links.flatMap(({ a, b }): readonly GraphEdge[] =>
		drawn.has(a) && drawn.has(b) ? [{ from: a, to: b, kind: 'direct', activity: 'still' }] : [],
	);
}

/** Two devices share several spaces, and one line. */
function once(edges: readonly GraphEdge[]): readonly GraphEdge[] {
	const known = new Set<string>();
	return edges.filter(({ from, to, kind }) => {
		const name = [...[from, to].sort(), kind].join(' ');
		if (known.has(name)) return false;
		known.add(name);
		return true;
	});
}
