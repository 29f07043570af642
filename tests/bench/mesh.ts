// `npm run bench -- mesh [--without-gossipsub]`: links, hops and bytes of the mesh at 10, 100 and 1,000 nodes that run its
// pure machines, a whole messenger's mesh beside them, and what 20 real gossipsub nodes need on the same links.
// Ends with 1 when a bound is broken; the last line is JSON.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MOST } from '#lib/mesh/link-choice.ts';
import { createMeshWorld, type MeshNode, type MeshWorld } from '../support/mesh-world.ts';
import { percentile } from './statistics.ts';

const SIZE = 600;
const MESSAGES = 30;
const SEED = 1;

interface Measured {
	readonly nodes: number;
	readonly links: { readonly least: number; readonly mean: number; readonly most: number };
	readonly reached: number;
	readonly hops: { readonly p50: number; readonly p95: number; readonly most: number };
	readonly everywhereMsP50: number;
	readonly everywhereMsMax: number;
	/** Sent and received, in padded frames; and without padding. */
	readonly bytesPerNodePerMessage: number;
	readonly bareBytesPerNodePerMessage: number;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function measured(world: MeshWorld, isCounted: (node: MeshNode) => boolean): Measured {
	const nodes = world.nodes.filter(isCounted);
	const say = (): readonly [string, number] => {
		const said = [world.publish(world.random.pick(nodes), SIZE), world.now()] as const;
		world.run(1000);
		return said;
	};
	for (let n = 0; n < MESSAGES; n++) say();
	for (const node of world.nodes) node.bytes = node.bare = 0;
	const said = Array.from({ length: MESSAGES }, say);
	world.run(10_000);
	const arrivals = said.flatMap(([id]) => nodes.flatMap(({ got }) => got.get(id) ?? []));
	const hops = arrivals.map((each) => each.hops);
	const times = said.map(([id, from]) =>
		Math.max(...nodes.map(({ got }) => (got.get(id)?.at ?? Infinity) - from)),
	);
	const links = nodes.map((node) => node.links.size);
	const each = (of: (node: MeshNode) => number): number =>
		Math.round(sum(nodes.map(of)) / nodes.length / MESSAGES);
	return {
		nodes: nodes.length,
		links: {
			least: Math.min(...links),
			mean: Math.round((10 * sum(links)) / links.length) / 10,
			most: Math.max(...links),
		},
		reached: arrivals.length / (said.length * nodes.length),
		hops: { p50: percentile(hops, 0.5), p95: percentile(hops, 0.95), most: Math.max(...hops) },
		everywhereMsP50: percentile(times, 0.5),
		everywhereMsMax: Math.round(Math.max(...times)),
		bytesPerNodePerMessage: each((node) => node.bytes),
		bareBytesPerNodePerMessage: each((node) => node.bare),
	};
}

function linked(count: number, mannerOf?: Parameters<typeof createMeshWorld>[2]): MeshWorld {
	const world = createMeshWorld(count, SEED, mannerOf);
	world.link();
	return world;
}

/** A fifth hands on nothing, and one of them floods its neighbours all the while. */
function besieged(count: number): Measured {
	const world = linked(count, (n) => (n % 5 === 0 ? 'silent' : 'honest'));
	const flooder = world.nodes[0];
	for (let n = 0; n < 5000; n++) {
		for (const key of flooder?.links ?? []) if (flooder) world.spam(flooder, key, SIZE);
		if (n % 100 === 0) world.run(100);
	}
	return measured(world, ({ manner }) => manner === 'honest');
}

const PEERS = fileURLToPath(new URL('peers/', import.meta.url));

async function gossipsub(world: MeshWorld): Promise<unknown> {
	if (!existsSync(`${PEERS}node_modules/@libp2p/gossipsub`)) {
		await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: PEERS });
	}
	const placeOf = new Map(world.nodes.map(({ key }, n) => [key, n]));
	const edges = world.nodes.flatMap(({ key, links }, a) =>
		[...links].filter((other) => key < other).map((other) => [a, placeOf.get(other)]),
	);
	const program = spawn(process.execPath, [`${PEERS}gossipsub.mjs`], {
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	program.stdin.end(
		JSON.stringify({
			nodes: world.nodes.length,
			edges,
			messages: MESSAGES,
			size: SIZE,
			// The middle of what the simulated network takes for a frame.
			latency: 25,
		}),
	);
	return JSON.parse(await text(program.stdout)) as unknown;
}

const sizes = [10, 100, 1000].map((count) => measured(linked(count), () => true));
const siege = besieged(200);
const twenty = measured(linked(20), () => true);
const real = process.argv.includes('--without-gossipsub') ? null : await gossipsub(linked(20));

for (const each of [...sizes, siege]) {
	const { nodes, links, hops, reached, bytesPerNodePerMessage } = each;
	console.log(
		`${nodes} nodes${each === siege ? ', a fifth more hostile' : ''}: ${links.least}–${links.most} links, ` +
			`${hops.p50} hops (95 %: ${hops.p95}, most ${hops.most}), ${100 * reached} % reached, ` +
			`${bytesPerNodePerMessage} bytes per node and message`,
	);
}
console.log('20 nodes, simulated:', JSON.stringify(twenty));
console.log('20 gossipsub nodes on the same links:', JSON.stringify(real));

const [ten, , thousand] = sizes as [Measured, Measured, Measured];
const broken = [
	...[...sizes, siege].flatMap(({ nodes, links, reached, hops }) => [
		...(links.most > MOST ? [`${links.most} links at ${nodes} nodes`] : []),
		...(reached < 1 ? [`${100 * reached} % reached at ${nodes} nodes`] : []),
		...(hops.most > 2 * Math.ceil(Math.log2(nodes)) + 2 ? [`${hops.most} hops at ${nodes}`] : []),
	]),
	...(thousand.bytesPerNodePerMessage > 3 * ten.bytesPerNodePerMessage
		? ['bytes grow faster than the logarithm of the nodes']
		: []),
];
for (const each of broken) console.error(`Broken: ${each}`);
console.log(
	JSON.stringify({
		bench: 'mesh',
		sizes,
		besieged: siege,
		calibration: { simulated: twenty, gossipsub: real },
		broken,
	}),
);
process.exitCode = broken.length === 0 ? 0 : 1;
