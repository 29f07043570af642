// Simulated people on simulated devices, running the real messenger on a simulated network, reproducible from a seed.
// The simulation tests and the explainer drive this; nothing in it knows of either.
import { createSyncBulkCrypto } from '#lib/crypto/bulk.ts';
import { createIdentity } from '#lib/crypto/identity.ts';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import type { Messenger } from '#lib/messenger/api.ts';
import { createMessenger } from '#lib/messenger/messenger.ts';
import type { Page, Ports, Self } from '#lib/messenger/ports.ts';
import { createRootSigner } from '#lib/messenger/root-signer.ts';
import { createSelvesInSpaces } from '#lib/messenger/self-in-space.ts';
import { openSpace } from '#lib/messenger/space/space.ts';
import type { Space } from '#lib/messenger/space/space-face.ts';
import type { ContentStore } from '#lib/ports/content-store.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import { fromHex, type Bytes } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';
import { createSimulatedClock, type SimulatedClock } from './clock.ts';
import { createIncarnation, type Incarnation } from './incarnation.ts';
import { createSimulatedNetwork, type SimulatedNetwork, type SimulatedRelay } from './network.ts';
import { noContent } from './no-content.ts';
import { createSeededRandom, type SeededRandom } from './random.ts';

export interface SimulatedNode {
	readonly name: string;
	readonly self: Self;
	/** Throws while the node is stopped. */
	readonly messenger: Messenger;
	readonly running: boolean;
	/** Ends it as a closed tab does; its store stays. */
	stop(): Promise<void>;
	/** Ends it between one step and the next: nothing more is written, nothing more is sent. */
	crash(): void;
	start(): Promise<void>;
	/** The space as this node has it on disk; the node itself is not disturbed. */
	kept(space: string): Promise<Space>;
	/** What the world gives to this node: for whoever acts in its place. */
	ports(): Ports;
}

export interface NodeOptions {
	/** How far its wall clock is ahead, in ms. */
	readonly skew?: number;
	/** False: a browser without WebRTC. */
	readonly direct?: boolean;
	/** Who it is to be, and what it finds in its store when it starts; somebody new unless told otherwise. */
	readonly identify?: (ports: Ports) => Promise<Self>;
	/** A fresh device of the person whose root seed this is. */
	readonly rootSeed?: Bytes;
}

export interface Simulation {
	readonly clock: SimulatedClock;
	readonly random: SeededRandom;
	readonly network: SimulatedNetwork;
	readonly crypto: CryptoProvider;
	addRelay(name: string, invitedOnly?: boolean): Promise<SimulatedRelay>;
	addNode(name: string, options?: NodeOptions): Promise<SimulatedNode>;
	run(ms: number): Promise<void>;
	/** Lets time pass until the condition holds; throws when it doesn't within `ms`. */
	until(condition: () => boolean, ms: number, what: string): Promise<void>;
	/** Runs something that needs time to pass before it is done. */
	finish<T>(work: Promise<T>): Promise<T>;
}

export interface SimulationOptions {
	readonly seed: number;
	/** Resolves once all promise callbacks have run. */
	readonly settle: () => Promise<void>;
	/** A store that outlives the node that uses it; opened anew at each start. */
	readonly openStore: (node: string) => KeyValueStore;
	/** Likewise, for chunks of files; without it nodes keep none. */
	readonly openContent?: (node: string) => ContentStore;
	readonly crypto?: CryptoProvider;
	/** What a node is given of it: for those who want to know what it could open. */
	readonly cryptoFor?: (node: string, crypto: CryptoProvider) => CryptoProvider;
}

const START = 1_800_000_000_000;
const STEP = 50;

export function createSimulation(options: SimulationOptions): Simulation {
	const random = createSeededRandom(options.seed);
	const crypto = options.crypto ?? createSyncCryptoProvider();
	const clock = createSimulatedClock(options.settle, START);
	const network = createSimulatedNetwork(clock, crypto, random.fork());
	const bulk = createSyncBulkCrypto();

	async function identify(name: string, own: SeededRandom, known?: Bytes): Promise<Self> {
		const made = await createIdentity(crypto, own, clock, name, 'Laptop', known);
		const { secrets, rootHash, member } = made;
		return {
			name,
			deviceName: 'Laptop',
			rootHash,
			device: await crypto.signingKey(secrets.deviceSeed),
			prekeys: await Promise.all(
				[...secrets.prekeySeeds].reverse().map(({ seed }) => crypto.agreementKey(seed)),
			),
			member,
			root: await createRootSigner(crypto, secrets.rootSeed),
			former: [],
		};
	}

	return {
		clock,
		random,
		network,
		crypto,
		addRelay: (name, invitedOnly) => network.addRelay(name, invitedOnly),
		async addNode(name, { skew = 0, direct = true, identify: become, rootSeed } = {}) {
			const own = random.fork();
			const nodeCrypto = options.cryptoFor?.(name, crypto) ?? crypto;
			const page: Page = {
				origin: 'https://aegis.test',
				secure: true,
				offeredRelay: null,
				direct,
				isOnline: () => true,
				isInSight: () => false,
				onChange: () => () => undefined,
			};
			const portsNow = (): Ports => ({
				clock: skew === 0 ? clock : clock.skewed(skew),
				random: own,
				crypto: nodeCrypto,
				store: options.openStore(name),
				content: options.openContent?.(name) ?? noContent,
				bulkCrypto: () => Promise.resolve(bulk),
				relayDialer: network.dialerFor(name),
				directDialer: () => Promise.resolve(network.directFor(name, direct)),
			});
			const self = become ? await become(portsNow()) : await identify(name, own, rootSeed);
			let life: Incarnation | undefined;
			let messenger: Messenger | undefined;
			const node: SimulatedNode = {
				name,
				self,
				get messenger() {
					if (messenger === undefined) throw new Error(`${name} is not running`);
					return messenger;
				},
				get running() {
					return messenger !== undefined;
				},
				async stop() {
					network.drop(name);
					const [stopped, ended] = [messenger, life];
					messenger = life = undefined;
					await stopped?.stop();
					ended?.die();
				},
				crash() {
					life?.die();
					messenger = life = undefined;
					network.drop(name);
				},
				async start() {
					const begun = createIncarnation(portsNow());
					life = begun;
					const created = await createMessenger(begun.ports, self, page);
					if (life === begun) messenger = created;
				},
				async kept(space) {
					const id = fromHex(space);
					if (id === undefined) throw new Error('not the id of a space');
					const ports = portsNow();
					return unwrap(await openSpace(ports, await createSelvesInSpaces(ports, self).in(id), id));
				},
				ports: portsNow,
			};
			await node.start();
			return node;
		},
		run: (ms) => clock.run(ms),
		async until(condition, ms, what) {
			const end = clock.now() + ms;
			await clock.run(0);
			while (!condition()) {
				if (clock.now() >= end) throw new Error(`not within ${ms} ms: ${what}`);
				await clock.run(STEP);
			}
		},
		async finish(work) {
			let done = false;
			const finished = work.finally(() => {
				done = true;
			});
			for (let steps = 0; !done && steps < 2000; steps++) await clock.run(STEP);
			return finished;
		},
	};
}
