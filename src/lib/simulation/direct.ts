// Simulated direct links: an offer, an answer, and a link some time after both sides have each other's word.
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectDialer, DirectLink, DirectError } from '#lib/ports/direct-dialer.ts';
import type { FlowChannel } from '#lib/ports/channel.ts';
import { toHex } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { SeededRandom } from './random.ts';

export interface DirectWorld {
	readonly clock: Clock;
	readonly random: SeededRandom;
	readonly latency: () => number;
	/** Whether a link between these two comes about now. */
	readonly works: (a: string, b: string) => boolean;
	readonly wire: (a: string, b: string) => readonly [FlowChannel, FlowChannel];
}

export interface SimulatedDirect {
	dialerFor(node: string, available: boolean): DirectDialer;
	/** The node is gone, and with it whatever it had begun. */
	drop(node: string): void;
}

type Opened = Result<DirectLink, DirectError>;

interface Attempt {
	readonly offerer: string;
	answerer: string | undefined;
	readonly open: [((link: Opened) => void) | undefined, ((link: Opened) => void) | undefined];
}

const OPEN_TIMEOUT = 15_000;
const ROUND_TRIPS = 4;

export function createSimulatedDirect(world: DirectWorld): SimulatedDirect {
	const { clock, random, latency } = world;
	const attempts = new Map<string, Attempt>();

	/** Both ends of a link; what is opened beside it for files goes when it does. */
	function linkBetween(a: string, b: string): readonly [DirectLink, DirectLink] {
		const toLink = (channel: FlowChannel, index: 0 | 1): DirectLink =>
			Object.assign(channel, {
				roundTrip: () => undefined,
				route: () => Promise.resolve('simulated'),
				openFiles() {
					const other = links[1 - index];
					if (other?.onFiles === undefined) return Promise.resolve(undefined);
					const [near, far] = world.wire(index === 0 ? a : b, index === 0 ? b : a);
					other.onFiles(far);
					return Promise.resolve(near);
				},
				onFiles: undefined,
			});
		const [first, second] = world.wire(a, b);
		const links = [toLink(first, 0), toLink(second, 1)] as const;
		return links;
	}
	const noBulk = (): Promise<Result<never, DirectError>> =>
		Promise.resolve(err({ type: 'unsupported', detail: 'simulated links are quick enough' }));

	/** Waits for the link on one side; once both wait, it comes about. */
	const waitFor = (name: string, side: 0 | 1, within = OPEN_TIMEOUT): Promise<Opened> =>
		new Promise((resolve) => {
			const attempt = attempts.get(name);
			if (attempt === undefined) {
				resolve(err({ type: 'timeout', detail: 'given up' }));
				return;
			}
			const cancel = clock.after(within, () => {
				attempts.delete(name);
				resolve(err({ type: 'timeout', detail: 'no link' }));
			});
			attempt.open[side] = (link) => {
				cancel();
				resolve(link);
			};
			if (attempt.open[1 - side] !== undefined) {
				clock.after(ROUND_TRIPS * latency(), () => {
					connect(name);
				});
			}
		});

	const connect = (name: string): void => {
		const attempt = attempts.get(name);
		if (attempt?.answerer === undefined) return;
		const { offerer, answerer, open } = attempt;
		if (!world.works(offerer, answerer)) return;
		attempts.delete(name);
		const ends = linkBetween(offerer, answerer);
		open[0]?.(ok(ends[0]));
		open[1]?.(ok(ends[1]));
	};

	return {
		dialerFor: (node, available) => ({
			available,
			bulk: { offer: noBulk, answer: noBulk },
			probe: () =>
				Promise.resolve({
					channel: available ? 'works' : 'missing',
					answered: [],
					mapping: 'unknown',
				}),
			offer: () => {
				const offer = random.bytes(16);
				const name = toHex(offer);
				attempts.set(name, { offerer: node, answerer: undefined, open: [undefined, undefined] });
				const cancel = (): void => void attempts.delete(name);
				return Promise.resolve(ok({ offer, accept: () => waitFor(name, 0), cancel }));
			},
			answer: (offer, { patience }) => {
				const name = toHex(offer);
				const attempt = attempts.get(name);
				if (attempt === undefined) {
					return Promise.resolve(err({ type: 'bad-signal' as const, detail: 'unknown offer' }));
				}
				attempt.answerer = node;
				const link = waitFor(name, 1, patience);
				const cancel = (): void => void attempts.delete(name);
				return Promise.resolve(ok({ answer: random.bytes(16), link, cancel }));
			},
		}),
		drop(node) {
			for (const [name, { offerer, answerer }] of attempts) {
				if (offerer === node || answerer === node) attempts.delete(name);
			}
		},
	};
}
