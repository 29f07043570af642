// The other way of signalling: a circuit through a relay of js-libp2p's, in a process of its own as ours is, over which
// @libp2p/webrtc sends offer, answer and each address as it is found.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { noteLink } from './note-link.ts';
import { openPeerPages } from './peer-pages.ts';

declare global {
	var circuit: {
		listen(relay: string): Promise<string>;
		dial(address: string): Promise<void>;
	};
}

/** ms, one for each opening of the page; those that came to nothing are counted. */
export interface LinkTimes {
	/** From opening the page. */
	readonly link: number[];
	/** From turning to the relay. */
	readonly signalling: number[];
	failed: number;
}

export async function circuitLinks(runs: number): Promise<LinkTimes> {
	const relay = spawn(process.execPath, [join(import.meta.dirname, '../peers/circuit-relay.mjs')], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	process.once('exit', () => relay.kill());
	const [address] = (await once(createInterface({ input: relay.stdout }), 'line')) as [string];
	const { origin, pages, close } = await openPeerPages('circuit.mjs');
	const [listening, dialling] = pages;
	await dialling.addInitScript(noteLink);
	await listening.goto(origin);
	const to = await listening.evaluate((at) => globalThis.circuit.listen(at), address);
	const times: LinkTimes = { link: [], signalling: [], failed: 0 };
	for (let run = 0; run < runs; run++) {
		await dialling.goto(origin);
		const isThere = await dialling.evaluate(
			(peer) =>
				globalThis.circuit.dial(peer).then(
					() => true,
					() => false,
				),
			to,
		);
		const { opened, dialled, linked } = await dialling.evaluate(() => ({
			opened: performance.timeOrigin,
			...window.linking,
		}));
		if (!isThere || dialled === undefined || linked === undefined) {
			times.failed += 1;
			continue;
		}
		times.link.push(linked - opened);
		times.signalling.push(linked - dialled);
		await dialling.goto('about:blank');
	}
	await close();
	relay.kill();
	await once(relay, 'exit');
	return times;
}
