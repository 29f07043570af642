// A simulated internet: who can reach whom, relays that run the real mailbox machine, and direct links made of an offer
// and an answer. What a partition cuts off waits, unheard of; a node that goes takes its channels with it.
import { createMailboxMachine, type MailboxMachine } from '#lib/mailbox/machine.ts';
import { DEFAULT_LIMITS } from '#lib/mailbox/limits.ts';
import { createMemoryMailboxStore, type MemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';
import type { RelayDialer } from '#lib/ports/relay-dialer.ts';
import type { RelayAddress } from '#lib/protocol/relay-address.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';
import type { SimulatedClock } from './clock.ts';
import { createSimulatedDirect } from './direct.ts';
import type { SeededRandom } from './random.ts';
import { CHECK_ID, encodeCheck, tryRoute, type Router } from './router.ts';
import { createWire, type Fate, type Passing, type Wire } from './wire.ts';

export interface SimulatedRelay {
	readonly name: string;
	readonly address: RelayAddress;
	readonly store: MemoryMailboxStore;
	/** Ends it and all its connections; what it had stored stays. */
	stop(): void;
	start(): void;
	/** Tells its clients that it will end. */
	drain(): void;
}

export interface SimulatedNetwork {
	/** `invitedOnly`: for those whom its operator invited. */
	addRelay(name: string, invitedOnly?: boolean): Promise<SimulatedRelay>;
	/** How this node reaches relays. */
	dialerFor(node: string): RelayDialer;
	/** How this node makes direct links. */
	directFor(node: string, available?: boolean): DirectDialer;
	/** Nodes and relays of different groups can't reach each other; those in none reach everybody. */
	partition(groups: readonly (readonly string[])[]): void;
	/** Pairs for which no direct link comes about, as behind strict NATs. */
	blockDirect(blocked: (a: string, b: string) => boolean): void;
	/** What each node's router does, where that is to decide over direct links; without one a link comes about. */
	readonly routers: Map<string, Router>;
	/** Nothing passes between these two, in whatever group they are. */
	isCut: (a: string, b: string) => boolean;
	/** Milliseconds that the next frame takes. */
	latency: () => number;
	/** All channels that stand. */
	connections(): readonly Connection[];
	/** The node is gone: its channels end. */
	drop(node: string): void;
	watch: (passing: Passing) => void;
	/** Damages frames on their way; leaves them alone unless set. */
	tamper: (frame: Bytes) => Bytes;
	/** How many of a thousand frames on direct links arrive twice, and how many late, after those behind them. */
	noise: { readonly doubled: number; readonly overtaken: number };
}

const ONCE: Fate = { times: 1, late: 0 };

const DIAL_TIMEOUT = 10_000;

export interface Connection {
	readonly a: string;
	readonly b: string;
	readonly over: 'relay' | 'direct';
}

interface Carried extends Connection {
	readonly wire: Wire;
}

/** Milliseconds between two probes of one attempt. */
const CHECK_EVERY = 40;

export function createSimulatedNetwork(
	clock: SimulatedClock,
	crypto: CryptoProvider,
	random: SeededRandom,
): SimulatedNetwork {
	const relays = new Map<string, { name: string; machine: MailboxMachine | undefined }>();
	const carried = new Set<Carried>();
	let groupOf = new Map<string, number>();
	let directBlocked: (a: string, b: string) => boolean = () => false;

	const reaches = (a: string, b: string): boolean => {
		const [ga, gb] = [groupOf.get(a), groupOf.get(b)];
		return (ga === undefined || gb === undefined || ga === gb) && !network.isCut(a, b);
	};
	const latency = (): number => network.latency();

	function fate(): Fate {
		const { doubled, overtaken } = network.noise;
		if (doubled === 0 && overtaken === 0) return ONCE;
		const times = random.below(1000) < doubled ? 2 : 1;
		return { times, late: random.below(1000) < overtaken ? 1 + random.below(500) : 0 };
	}

	function wireBetween(a: string, b: string, over: Connection['over']): Wire {
		const carries: Carried = {
			a,
			b,
			over,
			wire: createWire({
				clock,
				latency,
				passes: () => reaches(a, b),
				tamper: (frame) => network.tamper(frame),
				fate: () => (over === 'direct' ? fate() : ONCE),
				watch: (fromFirst, frame, left) => {
					network.watch({ from: fromFirst ? a : b, to: fromFirst ? b : a, frame, over, left });
				},
				onEnd: () => carried.delete(carries),
			}),
		};
		carried.add(carries);
		return carries.wire;
	}

	/** Whether the routers of both let a direct link through; what is sent to find out is there to be watched. */
	function getsThrough(a: string, b: string): boolean {
		const [near, far] = [network.routers.get(a), network.routers.get(b)];
		if (near === undefined || far === undefined) return true;
		const { through, checks } = tryRoute({ name: a, ...near }, { name: b, ...far });
		for (const [n, { from, to, dropped }] of checks.entries()) {
			clock.after(n * CHECK_EVERY, () => {
				const left = clock.now();
				const frame = encodeCheck(random.bytes(CHECK_ID));
				clock.after(latency(), () => {
					network.watch({ from, to, frame, over: 'check', left, dropped });
				});
			});
		}
		return through;
	}

	const direct = createSimulatedDirect({
		clock,
		random,
		latency,
		works: (a, b) => reaches(a, b) && !directBlocked(a, b) && getsThrough(a, b),
		wire: (a, b) => wireBetween(a, b, 'direct').ends,
	});

	const dropAll = (node: string): void => {
		direct.drop(node);
		for (const each of [...carried]) {
			if (each.a !== node && each.b !== node) continue;
			each.wire.cut('gone');
			carried.delete(each);
		}
	};

	const network: SimulatedNetwork = {
		async addRelay(name, invitedOnly = false) {
			const key = await crypto.signingKey(random.bytes(32));
			const store = createMemoryMailboxStore();
			const url = `wss://${name}.test/relay`;
			const slot: { name: string; machine: MailboxMachine | undefined } = {
				name,
				machine: undefined,
			};
			const relay: SimulatedRelay = {
				name,
				address: { key: key.publicKey, urls: [url] },
				store,
				start() {
					slot.machine ??= createMailboxMachine({
						store,
						crypto,
						clock,
						random: random.fork(),
						relayKey: key,
						stunPort: 0,
						invitedOnly,
						limits: DEFAULT_LIMITS,
					});
				},
				drain() {
					slot.machine?.drain(0);
				},
				stop() {
					const { machine } = slot;
					slot.machine = undefined;
					dropAll(name);
					void machine?.shutdown('stopped');
				},
			};
			relays.set(url, slot);
			relay.start();
			return relay;
		},
		dialerFor: (node) => ({
			dial: (url) =>
				new Promise((resolve) => {
					const relay = relays.get(url);
					if (relay !== undefined && reaches(node, relay.name)) {
						clock.after(latency(), () => {
							const { machine } = relay;
							if (machine === undefined) {
								resolve(err({ type: 'unreachable', detail: 'refused' }));
								return;
							}
							const wire = wireBetween(node, relay.name, 'relay');
							resolve(ok(wire.ends[0]));
							clock.after(0, () => {
								machine.connect(wire.ends[1], node);
							});
						});
						return;
					}
					clock.after(DIAL_TIMEOUT, () => {
						resolve(err({ type: 'timeout', detail: 'no answer' }));
					});
				}),
		}),
		directFor: (node, available = true) => direct.dialerFor(node, available),
		partition(groups) {
			groupOf = new Map(groups.flatMap((group, index) => group.map((name) => [name, index])));
		},
		blockDirect(blocked) {
			directBlocked = blocked;
		},
		drop: dropAll,
		connections: () => [...carried].map(({ a, b, over }) => ({ a, b, over })),
		routers: new Map(),
		isCut: () => false,
		latency: () => 5 + random.below(40),
		watch: () => undefined,
		tamper: (frame) => frame,
		noise: { doubled: 0, overtaken: 0 },
	};

	return network;
}
