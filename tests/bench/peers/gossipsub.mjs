// Twenty real gossipsub nodes in one process, connected as the bench says: what they send for each message, and how long
// it takes to be everywhere. Reads {nodes, edges, messages, size, latency} as JSON from standard input, answers with JSON.
import { gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import { memory } from '@libp2p/memory';
import { plaintext } from '@libp2p/plaintext';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

const { nodes: count, edges, messages, size, latency } = JSON.parse(await text(process.stdin));
const TOPIC = 'bench';
let bytes = 0;
let counting = false;

/** Counts what gossipsub's own streams carry. */
const counter = () => () => ({
	trackMultiaddrConnection() {},
	trackProtocolStream(stream) {
		if (!/meshsub|floodsub/.test(stream.protocol ?? '')) return;
		stream.addEventListener('message', ({ data }) => {
			if (counting) bytes += data.byteLength;
		});
	},
	registerMetric: () => ({
		update() {},
		increment() {},
		decrement() {},
		reset() {},
		timer: () => () => {},
	}),
	registerMetricGroup: () => ({
		update() {},
		increment() {},
		decrement() {},
		reset() {},
		timer: () => () => {},
	}),
	registerCounter: () => ({ increment() {}, reset() {} }),
	registerCounterGroup: () => ({ increment() {}, reset() {} }),
	registerHistogram: () => ({ observe() {}, reset() {}, timer: () => () => {} }),
	registerHistogramGroup: () => ({ observe() {}, reset() {}, timer: () => () => {} }),
	registerSummary: () => ({ observe() {}, reset() {}, timer: () => () => {} }),
	registerSummaryGroup: () => ({ observe() {}, reset() {}, timer: () => () => {} }),
	traceFunction: (_name, fn) => fn,
	createTrace() {},
});

const nodes = await Promise.all(
	Array.from({ length: count }, (_, n) =>
		createLibp2p({
			addresses: { listen: [`/memory/node-${n}`] },
			transports: [memory({ latency })],
			connectionEncrypters: [plaintext()],
			streamMuxers: [yamux()],
			connectionGater: { denyDialMultiaddr: () => false },
			metrics: counter(),
			services: {
				identify: identify(),
				pubsub: gossipsub({
					globalSignaturePolicy: 'StrictNoSign',
					allowPublishToZeroTopicPeers: true,
					msgIdFn: ({ data }) => data.slice(0, 16),
					scoreParams: { IPColocationFactorWeight: 0 },
				}),
			},
		}),
	),
);
const arrived = new Map();
for (const node of nodes) {
	node.services.pubsub.addEventListener('gossipsub:message', ({ detail }) => {
		const id = Buffer.from(detail.msg.data.slice(0, 16)).toString('hex');
		arrived.get(id)?.push(performance.now());
	});
	node.services.pubsub.subscribe(TOPIC);
}
for (const [a, b] of edges) await nodes[a].dial(multiaddr(`/memory/node-${b}`));
await pause(5000);
counting = true;
const times = [];
let reached = 0;
for (let n = 0; n < messages; n++) {
	const author = nodes[(n * 7) % count];
	const data = crypto.getRandomValues(new Uint8Array(size));
	const id = Buffer.from(data.slice(0, 16)).toString('hex');
	arrived.set(id, []);
	const from = performance.now();
	await author.services.pubsub.publish(TOPIC, data);
	await pause(1000);
	const got = arrived.get(id);
	reached += got.length;
	times.push(Math.max(...got) - from);
}
await pause(1500);
counting = false;
times.sort((a, b) => a - b);
console.log(
	JSON.stringify({
		// Bytes are counted where they arrive; a node sends as much as it receives.
		bytesPerNodePerMessage: Math.round((2 * bytes) / count / messages),
		reached: reached / messages / (count - 1),
		everywhereMsP50: Math.round(times[times.length >> 1]),
		everywhereMsMax: Math.round(times.at(-1)),
	}),
);
process.exit(0);
