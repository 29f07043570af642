// How long it takes from opening the page to a direct link, and a message over it, beside Trystero's bare ones:
// `npm run bench -- link [RUNS] [MESSAGES]`. A page of each is there already; the other one is opened, again and again.
// Trystero's messages are sent as they are and count when its handler has them. Those of Aegis are signed, sealed and
// durable before they leave; they count where they come from the channel, where they are durable at the other end (which
// is when other code may have them), and on the other's screen. Both ways of signalling are measured from when a page
// turns to its relay: ours by sealed offers over mailbox push, and js-libp2p's by a circuit (decision 1).
import type { Page } from 'playwright-core';
import { join as joinBy, found } from '../e2e/support/newcomer.ts';
import { createPerson } from '../e2e/support/person.ts';
import { keptProfile } from '../e2e/support/profile.ts';
import { startRelay } from '../e2e/support/relay.ts';
import { m } from '../e2e/support/words.ts';
import { circuitLinks } from './link/circuit.ts';
import { noteLink } from './link/note-link.ts';
import { openPeerPages } from './link/peer-pages.ts';
import { noteEnter, noteTexts, noteWay, type Sighting, type Way } from './in-page.ts';
import { installPeers } from './relay/peers.ts';
import { percentile } from './statistics.ts';

const [runs = 15, messages = 50] = process.argv.slice(2, 4).map(Number);
/** A device that comes back again and again is offered a link once in five seconds. [LM7] */
const BETWEEN_OPENINGS = 5000;

interface Room {
	hear(topic: string, message: unknown): void;
	/** Resolves with when the other one was there, ms since 1970. */
	join(): Promise<number>;
	say(text: string): Promise<number>;
	heardAt(text: string): Promise<number>;
}

declare global {
	interface Window {
		seen: Sighting[];
		/** When Enter was last pressed, ms since 1970. */
		entered: number;
		way: Way;
	}
	var room: Room;
}

const opened = (page: Page): Promise<number> => page.evaluate(() => performance.timeOrigin);

interface Times {
	readonly link: number[];
	readonly message: number[];
}

interface OwnTimes extends Times {
	/** From turning to the relay to the link. */
	readonly signalling: number[];
	/** From Enter until it leaves; from there until it is out of the other's channel; from there until it is durable. */
	readonly leaving: number[];
	readonly passing: number[];
	readonly keeping: number[];
}

async function aegis(): Promise<OwnTimes> {
	const relay = await startRelay();
	process.once('exit', () => void relay.kill());
	const [alice, bob] = [
		await createPerson('Alice', keptProfile(), noteTexts, noteWay),
		await createPerson('Bob', keptProfile(), noteLink, noteWay),
	];
	const times: OwnTimes = {
		link: [],
		signalling: [],
		message: [],
		leaving: [],
		passing: [],
		keeping: [],
	};
	await joinBy(bob, await found(alice, relay, 'Two'), 'Two');
	await bob.installed();
	for (let run = 0; run < runs; run++) {
		await bob.page.reload();
		await bob.page.waitForFunction(() => window.linking.linked !== undefined);
		const { dialled = 0, linked = 0 } = await bob.page.evaluate(() => window.linking);
		times.link.push(linked - (await opened(bob.page)));
		times.signalling.push(linked - dialled);
		await bob.peers.reaches('Alice', m.route_direct());
		await bob.page.waitForTimeout(BETWEEN_OPENINGS);
	}
	await bob.page.evaluate(noteEnter);
	const field = bob.page.getByRole('textbox', { name: m.composer_label(), exact: true });
	for (let number = 0; number < messages; number++) {
		const text = `message number ${number}.`;
		await field.fill(text);
		await field.press('Enter');
		const pressed = await bob.page.evaluate(() => window.entered);
		const seen = await alice.page.waitForFunction(
			(wanted) => window.seen.find((sighting) => sighting.text.includes(wanted)),
			text,
		);
		times.message.push(((await seen.jsonValue()) as Sighting).at - pressed);
		const { left } = await bob.page.evaluate(() => window.way);
		const { came, kept } = await alice.page.evaluate(() => window.way);
		times.leaving.push(left - pressed);
		times.passing.push(came - left);
		times.keeping.push(kept - came);
		// What the other side says of having it must not be taken for the next one.
		await bob.page.waitForTimeout(200);
	}
	await alice.remove();
	await bob.remove();
	await relay.remove();
	return times;
}

async function trystero(): Promise<Times> {
	const { origin, pages, close } = await openPeerPages('room.mjs');
	const tell = (to: Page) => (topic: string, message: unknown) =>
		to.evaluate(
			([about, what]) => {
				globalThis.room.hear(about, what);
			},
			[topic, message] as const,
		);
	await pages[0].exposeFunction('signalOther', tell(pages[1]));
	await pages[1].exposeFunction('signalOther', tell(pages[0]));
	const times: Times = { link: [], message: [] };
	for (let run = 0; run < runs; run++) {
		await pages[1].goto('about:blank');
		await pages[0].goto(origin);
		const first = pages[0].evaluate(() => globalThis.room.join());
		await pages[1].goto(origin);
		const at = await pages[1].evaluate(() => globalThis.room.join());
		times.link.push(at - (await opened(pages[1])));
		await first;
	}
	for (let number = 0; number < messages; number++) {
		const text = `message number ${number}.`;
		const heard = pages[0].evaluate((wanted) => globalThis.room.heardAt(wanted), text);
		const said = await pages[1].evaluate((what) => globalThis.room.say(what), text);
		times.message.push((await heard) - said);
	}
	await close();
	return times;
}

await installPeers();
const [theirs, circuit, own] = [await trystero(), await circuitLinks(runs), await aegis()];
const tenth = (values: readonly number[], p: number): number =>
	percentile(
		values.map((value) => value * 10),
		p,
	) / 10;
console.log(
	JSON.stringify({
		bench: 'link',
		link_p50_ms: percentile(own.link, 0.5),
		link_p95_ms: percentile(own.link, 0.95),
		push_signalling_p50_ms: percentile(own.signalling, 0.5),
		push_signalling_p95_ms: percentile(own.signalling, 0.95),
		circuit_link_p50_ms: percentile(circuit.link, 0.5),
		circuit_link_p95_ms: percentile(circuit.link, 0.95),
		circuit_signalling_p50_ms: percentile(circuit.signalling, 0.5),
		circuit_signalling_p95_ms: percentile(circuit.signalling, 0.95),
		circuit_failed: circuit.failed,
		trystero_link_p50_ms: percentile(theirs.link, 0.5),
		trystero_link_p95_ms: percentile(theirs.link, 0.95),
		enter_to_sent_p50_ms: tenth(own.leaving, 0.5),
		sent_to_arrived_p50_ms: tenth(own.passing, 0.5),
		sent_to_arrived_p95_ms: tenth(own.passing, 0.95),
		arrived_to_kept_p50_ms: tenth(own.keeping, 0.5),
		enter_to_screen_p50_ms: tenth(own.message, 0.5),
		enter_to_screen_p95_ms: tenth(own.message, 0.95),
		trystero_message_p50_ms: tenth(theirs.message, 0.5),
		trystero_message_p95_ms: tenth(theirs.message, 0.95),
		runs,
		messages,
	}),
);
