// What people see of the network: who can be reached and how, which relays are up, and the one word for it all.
import { toHex } from '#lib/util/bytes.ts';
import type { NetworkState, NetworkView, PeerView, RelayView } from './api.ts';
import type { Links } from './delivery/links.ts';
import type { Self } from './ports.ts';
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
	readonly offered: string | null;
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
			// Later tries are made behind a relay that works: it stays what people are told.
			const trying = link.state === 'offering' || link.state === 'answering';
			const connecting = trying && link.failures === 0;
			const via = route === 'relay' ? node.post.via(key) : null;
			peers.set(key, {
				device: key,
				rootHash: toHex(device.rootHash),
				name: device.member.name,
				deviceName: device.member.certificate.deviceName,
				route: route === 'direct' ? 'direct' : connecting ? 'connecting' : 'relay',
				via: via === null ? null : network.relayName(via),
				roundTripMs: link.roundTripMs,
			});
		}
	}
	const list = [...peers.values()].sort((a, b) => a.name.localeCompare(b.name));
	return {
		state: stateOf(list, network.relays, network.online),
		peers: list,
		relays: network.relays,
		offered: network.offered,
		direct: network.direct,
	};
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
