// What it costs two devices to find out what one of them lacks, by the number of feeds: `npm run bench -- sync`. One says
// what it holds (a signed STATE in as many messages as it takes), the other reads it and plans what to ask for.
import { createLedger } from '#lib/crdt/ledger.ts';
import { createPeerKnowledge, holdsMore, learn, planPulls } from '#lib/crdt/sync.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { decodeEnvelope, encodeEnvelope } from '#lib/protocol/space-message.ts';
import { MAX_FEEDS_PER_MESSAGE, stateContent, type FeedHead } from '#lib/protocol/space-state.ts';
import { admit, found, invite, named, pen, person } from '../support/authority-world.ts';

const SIZES = [100, 1000] as const;
const RUNS = 9;
/** Of a thousand feeds so many have moved on: what a device finds that was away for a while. */
const MOVED = 0.05;

const crypto = createCryptoProvider();
const device = await crypto.signingKey(named('device seed'));

function world(feeds: number) {
	const hers = pen(person('Founder'));
	const space = found(hers);
	const link = space.write(hers, invite(100_000));
	const people = Array.from({ length: feeds }, (_, n) => person(`Member ${String(n)}`));
	for (const who of people) space.write(hers, admit(who, link));
	const headsAt = (seq: (n: number) => number): FeedHead[] =>
		people.map((who, n) => ({ feed: who.device, seq: seq(n), id: named(`${who.name} ${seq(n)}`) }));
	const ledgerWith = (heads: readonly FeedHead[]) => {
		const ledger = createLedger(space.space);
		for (const control of space.all) ledger.place(control.entry, control);
		ledger.setBases(heads);
		return ledger;
	};
	const behind = ledgerWith(headsAt(() => 100));
	const ahead = ledgerWith(headsAt((n) => (n < feeds * MOVED ? 140 : 100)));
	return { space: space.space, behind, ahead };
}

async function exchange({ space, behind, ahead }: ReturnType<typeof world>) {
	const since = performance.now();
	const all = [...ahead.feeds.values()].map((feed) => ahead.headOf(feed)).filter((f) => f.seq >= 0);
	const messages: Uint8Array[] = [];
	for (let at = 0; at < all.length; at += MAX_FEEDS_PER_MESSAGE) {
		const content = {
			space,
			device: device.publicKey,
			full: true,
			wantsReply: true,
			controlHeads: ahead.authorityHeads(),
			feeds: all.slice(at, at + MAX_FEEDS_PER_MESSAGE),
			time: 1,
			prekeys: new Uint8Array(16),
		};
		const signature = await device.sign(stateContent(content));
		messages.push(
			encodeEnvelope({
				from: device.publicKey,
				to: null,
				hops: 0,
				message: { type: 'state', state: { ...content, signature } },
			}),
		);
	}
	const said = performance.now();
	const knowledge = createPeerKnowledge();
	for (const bytes of messages) {
		const envelope = decodeEnvelope(new Uint8Array(bytes));
		if (!envelope.ok || envelope.value.message.type !== 'state') throw new Error('not a state');
		const { signature, ...content } = envelope.value.message.state;
		if (!(await crypto.verify(content.device, stateContent(content), signature))) {
			throw new Error('not signed');
		}
		learn(knowledge, content.feeds, content.controlHeads);
	}
	const plan = planPulls(behind, knowledge, { upTo: (_, from) => from, control: () => false });
	holdsMore(behind, knowledge);
	const done = performance.now();
	const bytes = messages.reduce((sum, each) => sum + each.length, 0);
	return { say: said - since, plan: done - said, bytes, asked: plan.ranges.length };
}

const median = (values: readonly number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const rounded = (value: number): number => Math.round(value * 100) / 100;

const results = [];
for (const feeds of SIZES) {
	const both = world(feeds);
	const runs = [];
	for (let run = 0; run < RUNS; run++) runs.push(await exchange(both));
	results.push({
		feeds,
		bytes: runs[0]?.bytes,
		asked: runs[0]?.asked,
		say_ms: rounded(median(runs.map((each) => each.say))),
		plan_ms: rounded(median(runs.map((each) => each.plan))),
	});
}
const [small, large] = results as [(typeof results)[0], (typeof results)[0]];
console.log(
	JSON.stringify({
		bench: 'sync',
		results,
		ratio: rounded((large.say_ms + large.plan_ms) / (small.say_ms + small.plan_ms)),
		runs: RUNS,
	}),
);
