// A relay of js-libp2p's own (Apache-2.0 or MIT), as its documentation sets one up: circuits over WebSockets, with limits
// that nothing here comes near. Says its address once it listens.
import { circuitRelayServer } from '@libp2p/circuit-relay-v2';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { webSockets } from '@libp2p/websockets';
import { yamux } from '@libp2p/yamux';
import { createLibp2p } from 'libp2p';

const node = await createLibp2p({
	addresses: { listen: ['/ip4/127.0.0.1/tcp/0/ws'] },
	transports: [webSockets()],
	connectionEncrypters: [noise()],
	streamMuxers: [yamux()],
	services: {
		identify: identify(),
		relay: circuitRelayServer({
			reservations: {
				maxReservations: 100,
				defaultDataLimit: 1n << 40n,
				defaultDurationLimit: 2 ** 31 - 1,
			},
		}),
	},
});
console.log(node.getMultiaddrs()[0].toString());
