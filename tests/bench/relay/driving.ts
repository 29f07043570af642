// The load of the relay's bench: publishers who always have so many messages under way. One is done when the server
// has said OK and all its recipients have acknowledged it; only then comes the next.
import { BODY, type Peer, type Shape } from './peer.ts';
import { cpuOf } from './processes.ts';

export interface Sample {
	readonly deliveriesPerSecond: number;
	/** Microseconds that the server's processes used for each delivery. */
	readonly cpuPerDelivery: number;
}

/** Deliveries after which programs that compile themselves as they go have mostly done so, if that isn't too long. */
const WARM_UP = 20_000;
const WARM_UP_WITHIN = 10_000;
const MEASURED = 5000;
/** For the last ones to arrive, and for the server to have deleted everything. */
const SETTLE = 15_000;

const pause = (ms: number): Promise<void> =>
	new Promise((resolve) => {
		setTimeout(resolve, ms);
	});

export async function drive(peer: Peer, shape: Shape): Promise<Sample> {
	const open = new Map<number, { left: number; readonly done: () => void }>();
	let deliveries = 0;
	const publish = await peer.connect(shape, (message) => {
		const one = open.get(message);
		if (one === undefined) return;
		deliveries += 1;
		one.left -= 1;
		if (one.left > 0) return;
		open.delete(message);
		one.done();
	});

	let [next, isOver] = [0, false];
	const work = async (publisher: number, slot: number): Promise<void> => {
		// A publisher's mailboxes in turn: its own five, or the one that it shares.
		const own = Math.max(1, shape.mailboxes / shape.publishers);
		for (let turn = slot; !isOver; turn++) {
			const message = next++;
			const body = new Uint8Array(BODY).fill(message & 0xff);
			new DataView(body.buffer).setUint32(0, message);
			const mailbox = (publisher * own + (turn % own)) % shape.mailboxes;
			const heard = new Promise<void>((resolve) => {
				open.set(message, { left: shape.recipients, done: resolve });
			});
			await Promise.all([publish(publisher, mailbox, body, slot), heard]);
		}
	};
	const all = Array.from({ length: shape.publishers }, (_, publisher) =>
		Array.from({ length: shape.window }, (_, slot) => work(publisher, slot)),
	).flat();
	let failure: unknown;
	const finished = Promise.all(all).catch((cause: unknown) => {
		failure = cause;
		isOver = true;
	});

	const warm = performance.now() + WARM_UP_WITHIN;
	while (deliveries < WARM_UP && performance.now() < warm) await pause(50);
	const [since, before, cpu] = [performance.now(), deliveries, cpuOf(peer.pids)];
	await pause(MEASURED);
	const [made, used] = [deliveries - before, cpuOf(peer.pids) - cpu];
	const seconds = (performance.now() - since) / 1000;
	isOver = true;
	const late = pause(SETTLE).then(() => 'late' as const);
	if ((await Promise.race([finished, late])) === 'late') {
		throw new Error(`${String(open.size)} messages never arrived`);
	}
	if (failure !== undefined) throw failure instanceof Error ? failure : new Error('not published');
	for (let waited = 0; ; waited += 100) {
		const left = await peer.left();
		if (left === undefined || left === 0) break;
		if (waited >= SETTLE) throw new Error(`${String(left)} messages were not deleted`);
		await pause(100);
	}
	if (made === 0) throw new Error('nothing was delivered');
	return { deliveriesPerSecond: made / seconds, cpuPerDelivery: used / made };
}
