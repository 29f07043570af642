// The relay beside servers that people use for such work: `npm run bench -- relay [ROUNDS [NAME …]]`. Each message of
// 1 KiB comes from one of 10 publishers, is pushed to one or to 10 of 50 recipients, acknowledged by each and deleted.
// All take turns, on a fresh folder each time; medians over the rounds; CPU is that of the server's processes.
// Compare deliveries with care: the load itself runs in one process, and it is what limits the fastest of them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drive, type Sample } from './relay/driving.ts';
import type { Shape } from './relay/peer.ts';
import { contenders, type Contender } from './relay/peers.ts';
import { percentile } from './statistics.ts';

const [rounds = '3', ...named] = process.argv.slice(2);
const ROUNDS = Number(rounds);
const SHAPES: Readonly<Record<string, Shape>> = {
	'1': { mailboxes: 50, recipients: 1, publishers: 10, window: 40 },
	'10': { mailboxes: 5, recipients: 10, publishers: 10, window: 40 },
};

const all = await contenders();
const lacking = all.flatMap(({ lacks }) => lacks ?? []);
if (lacking.length > 0) console.log(`Not there: apt-get install ${lacking.join(' ')}`);
const racing = all.filter(
	({ name, lacks }) => lacks === undefined && (named.length === 0 || named.includes(name)),
);

async function sample({ start }: Contender, shape: Shape): Promise<Sample> {
	const folder = await mkdtemp(join(tmpdir(), 'bench-'));
	const peer = await start(folder);
	try {
		return await drive(peer, shape);
	} finally {
		await peer.end();
		await rm(folder, { recursive: true, force: true });
	}
}

const samples = new Map<string, Sample[]>();
for (let round = 0; round < ROUNDS; round++) {
	// Nobody is always the first.
	const turn = [...racing.slice(round % racing.length), ...racing.slice(0, round % racing.length)];
	for (const [to, shape] of Object.entries(SHAPES)) {
		for (const contender of turn) {
			const one = await sample(contender, shape);
			const key = `${contender.name} ${to}`;
			samples.set(key, [...(samples.get(key) ?? []), one]);
			const [rate, cpu] = [Math.round(one.deliveriesPerSecond), one.cpuPerDelivery.toFixed(1)];
			console.log(`${contender.name}, to ${to}: ${String(rate)} deliveries/s, ${cpu} µs each`);
		}
	}
}

const median = (name: string, to: string, of: keyof Sample): number =>
	percentile(
		(samples.get(`${name} ${to}`) ?? []).map((one) => 10 * one[of]),
		0.5,
	) / 10;
const ratio = (to: string, of: keyof Sample, than: string): number =>
	Math.round((100 * median('own', to, of)) / median(than, to, of)) / 100;

const medians = Object.fromEntries(
	racing.map(({ name }) => [
		name,
		Object.fromEntries(
			Object.keys(SHAPES).map((to) => [
				`to_${to}`,
				{
					deliveries_per_s: Math.round(median(name, to, 'deliveriesPerSecond')),
					cpu_us: median(name, to, 'cpuPerDelivery'),
				},
			]),
		),
	]),
);
console.log(
	JSON.stringify({
		bench: 'relay',
		// The same work: durable before OK.
		to_1_deliveries_vs_jetstream_durable: ratio('1', 'deliveriesPerSecond', 'jetstream-durable'),
		to_1_cpu_vs_jetstream_durable: ratio('1', 'cpuPerDelivery', 'jetstream-durable'),
		// And as it comes: what was published in the last two minutes is lost with the power.
		to_1_deliveries_vs_jetstream: ratio('1', 'deliveriesPerSecond', 'jetstream'),
		to_1_cpu_vs_jetstream: ratio('1', 'cpuPerDelivery', 'jetstream'),
		to_1_deliveries_vs_redis: ratio('1', 'deliveriesPerSecond', 'redis'),
		to_10_cpu_vs_hocuspocus: ratio('10', 'cpuPerDelivery', 'hocuspocus'),
		rounds: ROUNDS,
		lacking,
		medians,
	}),
);
// Sockets of the peers' libraries may linger.
process.exit(0);
