// What people see of the network: who can be reached and how, which relays are up, and the one word for it all. [LM9]
import { toHex } from '#lib/util/bytes.ts';
import type { NetworkState, NetworkView, PeerView, RelayView } from './network-api.ts';
import type { Links } from './delivery/links.ts';
import type { Page, Self } from './ports.ts';
import type { SpaceNode } from './space-node-face.ts';

interface Network {
	/** Each with who this installation is in its space, and the links of that device. */
	readonly nodes: readonly {
		readonly node: SpaceNode;
		readonly self: Self;
		readonly links: Links;
	}[];
	readonly relays: readonly RelayView[];
	/** Names of relays by key (hex). */
	relayName(key: string): string;
	/** The relay that served the page. */
	readonly offered: Page['offeredRelay'];
	readonly direct: boolean;
	readonly online: boolean;
}

export function networkView(network: Network): NetworkView {
	const peers = new Map<string, PeerView>();
	for (const { node, self, links } of network.nodes) {
		for (const [key, device] of node.space.ledger.authority.devices) {
			if (!device.active || key === toHex(self.device.publicKey)) continue;
			const route = node.post.route(key);
			if (route === null || peers.get(key)?.route === 'direct') continue;
			const link = links.info(key);
			const carrier = carrierOf(node, key, route);
			peers.set(key, {
				device: key,
				rootHash: toHex(device.rootHash),
				name: device.member.name,
				deviceName: device.member.certificate.deviceName,
				route,
				// Whatever comes of it, messages go by the route meanwhile.
				trying: route !== 'direct' && (link.state === 'offering' || link.state === 'answering'),
				via: carrier && nameOf(node, carrier, route, network),
				carrier,
				path: link.path,
				retryAt: link.hidden === null ? link.retryAt : null,
				roundTripMs: link.roundTripMs,
				traffic: link.traffic,
				hidden: link.hidden,
			});
		}
	}
	const kept = new Map<string, number>();
	for (const { node } of network.nodes)
		for (const [relay, copies] of node.outbox.copies())
			kept.set(relay, (kept.get(relay) ?? 0) + copies);
	const list = [...peers.values()].sort((a, b) => a.name.localeCompare(b.name));
	return {
		state: stateOf(list, network.relays, network.online),
		peers: list,
		relays: network.relays.map((relay) => ({ ...relay, keeps: kept.get(relay.id) ?? 0 })),
		offered: offeredOf(network),
		direct: network.direct,
	};
}

/** Nothing where it is there already, be it under another of its names. */
function offeredOf({ offered, relays }: Network): string | null {
	const known = relays.some(
		({ id, address }) => id === offered?.key || address === offered?.address,
	);
	return known ? null : (offered?.address ?? null);
}

/** The relay, or the member’s device, that carries what is for a device. */
function carrierOf(node: SpaceNode, device: string, route: string): string | null {
	if (route === 'relay') return node.post.via(device);
	return route === 'member' ? node.reach.via(device) : null;
}

function nameOf(
	node: SpaceNode,
	carrier: string,
	route: string,
	{ relayName }: Pick<Network, 'relayName'>,
): string | null {
	if (route === 'relay') return relayName(carrier);
	return node.space.ledger.authority.devices.get(carrier)?.member.name ?? null;
}

function stateOf(
	peers: readonly PeerView[],
	relays: readonly RelayView[],
	online: boolean,
): NetworkState {
	if (peers.some((peer) => peer.route === 'direct')) return 'direct';
	if (peers.length > 0) return 'bridged';
	if (relays.some((relay) => relay.state === 'connected')) return 'alone';
	return online ? 'no-relay' : 'offline';
}
