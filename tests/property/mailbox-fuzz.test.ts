// A relay's mailboxes under a hundred thousand frames that nobody should send: nothing breaks, nothing waits for ever,
// nothing grows, and whoever behaves is served.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameSource, type Draw } from '../support/frame-fuzz.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { bytesOf, crypto, GREET } from '../support/mailbox-world.ts';
import { until } from '../support/until.ts';
import { DEFAULT_LIMITS, type MailboxLimits } from '#lib/mailbox/limits.ts';
import { createMailboxMachine } from '#lib/mailbox/machine.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import {
	decodeClientFrame,
	decodeRelayFrame,
	encodeClientFrame,
	MAX_REPLY,
} from '#lib/protocol/mailbox.ts';
import { unwrap } from '#lib/util/result.ts';

const RUNS = 1700;
const FRAMES = 60;
const CONNECTIONS = 3;
/** The pool of packets is small, so all that the relay keeps is, too. */
const GROWTH = 48 * 2 ** 20;

const LIMITS: MailboxLimits = {
	...DEFAULT_LIMITS,
	quotas: {
		...DEFAULT_LIMITS.quotas,
		// Each connection comes from elsewhere; what all do together is not the question here.
		relay: {
			puts: { burst: 1e9, perSecond: 1 },
			opens: { burst: 1e9, perSecond: 1 },
		},
		mailbox: { puts: { burst: 1e9, perSecond: 1 } },
	},
};

interface Line {
	/** Hands the relay a frame; false when it no longer listens. */
	send(frame: Uint8Array): boolean;
	/** Numbers of requests without an answer. */
	readonly unanswered: Map<number, number>;
	readonly closed: () => boolean;
	readonly greeted: () => boolean;
	close(): void;
}

const draws: fc.Arbitrary<readonly (Draw & { readonly line: number })[]> = fc.array(
	fc.record({
		line: fc.nat(CONNECTIONS - 1),
		kind: fc.nat(2 ** 32 - 1),
		a: fc.nat(2 ** 32 - 1),
		b: fc.nat(2 ** 32 - 1),
		c: fc.nat(2 ** 32 - 1),
	}),
	{ minLength: FRAMES, maxLength: FRAMES },
);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const heap = (): number => {
	collectGarbage();
	return process.memoryUsage().heapUsed;
};

describe('a relay', () => {
	it('[MB1] [MB14] [MB15] [MB28] answers 100,000 fuzzed frames, each once or by the end of its connection', async () => {
		const clock = createManualClock();
		const relayKey = await crypto.signingKey(bytesOf(1));
		const challenge = bytesOf(77);
		const source = await createFrameSource({ relayKey: relayKey.publicKey, challenge });
		let [seen, answers, refusals, cut] = [0, 0, 0, 0];

		const connect = (machine: ReturnType<typeof createMailboxMachine>, from: string): Line => {
			let [closed, greeted] = [false, false];
			const unanswered = new Map<number, number>();
			const channel: FrameChannel = {
				onFrame: undefined,
				onClose: undefined,
				buffered: () => 0,
				send: (bytes) => {
					if (closed) throw new Error('a frame after the end');
					expect(bytes.length).toBeLessThanOrEqual(MAX_REPLY);
					const frame = unwrap(decodeRelayFrame(bytes));
					if (frame.type === 'hello') greeted = true;
					if (!('request' in frame) || frame.request === 0) return;
					answers += 1;
					if (frame.type === 'error') refusals += 1;
					const open = unanswered.get(frame.request) ?? 0;
					if (open === 0) throw new Error('an answer that nobody waits for');
					if (open === 1) unanswered.delete(frame.request);
					else unanswered.set(frame.request, open - 1);
				},
				close: () => {
					closed = true;
				},
			};
			machine.connect(channel, from);
			return {
				unanswered,
				closed: () => closed,
				greeted: () => greeted,
				send: (frame) => {
					if (closed) return false;
					const decoded = decodeClientFrame(frame);
					if (decoded.ok && 'request' in decoded.value) {
						const { request } = decoded.value;
						unanswered.set(request, (unanswered.get(request) ?? 0) + 1);
					}
					channel.onFrame?.(frame as Uint8Array<ArrayBuffer>);
					return true;
				},
				close: () => {
					if (closed) return;
					closed = true;
					channel.onClose?.('left');
				},
			};
		};

		const settled = (lines: readonly Line[]): Promise<void> =>
			until(() => {
				for (const line of lines) {
					if (!line.closed()) expect([...line.unanswered.keys()]).toEqual([]);
				}
			});

		let before = 0;
		let run = 0;
		await fc.assert(
			fc.asyncProperty(draws, async (frames) => {
				run += 1;
				if (run === 50) before = heap();
				const store = createMemoryMailboxStore(LIMITS.store);
				const machine = createMailboxMachine({
					...{ store, crypto, clock, relayKey, limits: LIMITS },
					random: { bytes: () => challenge },
					stunPort: 0,
				});
				let people = 0;
				const lines: Line[] = [];
				/** One in sixteen has said nothing yet, the others greeted, and most of them proved all they can. */
				const lineAt = async (n: number, draw: Draw): Promise<Line> => {
					const there = lines[n];
					if (there?.closed() === false) return there;
					people += 1;
					const line = connect(machine, `person ${String(people)}`);
					lines[n] = line;
					if (draw.a % 16 === 0) return line;
					line.send(GREET);
					while (!line.greeted()) await new Promise((resolve) => setImmediate(resolve));
					if (draw.b % 4 === 0) return line;
					for (const frame of source.beginning(n)) line.send(encodeClientFrame(frame));
					return line;
				};
				for (const [n, draw] of frames.entries()) {
					const line = await lineAt(draw.line, draw);
					// Numbers come twice sometimes, as a careless client's do.
					if (line.send(source.frame(draw, 1 + (draw.c % 8 === 0 ? 0 : n)))) seen += 1;
					if (draw.b % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
					if (draw.b % 97 === 0) line.close();
				}
				await settled(lines);
				cut += lines.filter((line) => line.closed()).length;
				const { mailboxes, packets } = store.totals();
				expect(mailboxes).toBeLessThanOrEqual(3 + FRAMES);
				expect(packets).toBeLessThanOrEqual(24);
				for (const line of lines) line.close();
				await machine.shutdown();
				expect(machine.connections()).toBe(0);
			}),
			{ numRuns: RUNS, endOnFailure: true },
		);
		expect(seen).toBeGreaterThanOrEqual(100_000);
		// The frames get beyond the decoder, and what they ask is done as often as not.
		expect(answers).toBeGreaterThan(seen / 2);
		expect(refusals).toBeLessThan(answers * 0.8);
		expect(cut).toBeGreaterThan(0);
		expect(heap() - before).toBeLessThan(GROWTH);
	});
});
