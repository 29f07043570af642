// js-libp2p (Apache-2.0 or MIT), in a page: two peers that are linked by WebRTC, signalled over a relay's circuit, as
// @libp2p/webrtc does it. Whoever dials knows the address of whoever listens, which is the best there is for circuits:
// no reservation of its own, and nothing to discover.
import { circuitRelayTransport } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { webRTC } from '@libp2p/webrtc';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';

const start = (listen) =>
	createLibp2p({
		addresses: { listen },
		transports: [
			webSockets(),
			webRTC({ rtcConfiguration: { iceServers: [] } }),
			circuitRelayTransport(),
		],
		connectionEncrypters: [noise()],
		streamMuxers: [yamux()],
		connectionGater: { denyDialMultiaddr: () => false },
		services: { identify: identify() },
	});

globalThis.circuit = {
	/** Resolves with the address to dial. */
	async listen(relay) {
		const node = await start([`${relay}/p2p-circuit`, '/webrtc']);
		const own = () => node.getMultiaddrs().find((each) => each.toString().includes('/webrtc/'));
		while (own() === undefined) await new Promise((later) => setTimeout(later, 50));
		return own().toString();
	},
	/** Resolves once a direct connection stands. */
	async dial(address) {
		const node = await start([]);
		const connection = await node.dial(multiaddr(address));
		if (connection.limits !== undefined) throw new Error('not direct');
	},
};
