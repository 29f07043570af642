// Asks the router of a home for ports, so that the relay behind it is reached from everywhere. [RV17]
import { upnpNat, type Gateway } from '@achingbrain/nat-port-mapper';
import { createSocket } from 'node:dgram';
import { isPublicIp } from './addresses.ts';

export interface WantedPort {
	readonly port: number;
	readonly protocol: 'TCP' | 'UDP';
}

export interface OpenedRouter {
	/** The address that the world sees. */
	readonly ip: string;
	/** The port outside for one of those that were asked for; undefined: the router refused. */
	portOf(wanted: WantedPort): number | undefined;
	/** Gives the ports back. */
	close(): Promise<void>;
}

/** For finding a router, and for each question to it, in milliseconds. */
const FIND_WITHIN = 6000;
const ANSWER_WITHIN = 5000;
const SEARCH_EVERY = 2000;
const CLOSE_WITHIN = 1000;
/** Leases are an hour long; a router that was restarted has forgotten them. */
const RENEW_EVERY = 600_000;

const nameOf = ({ port, protocol }: WantedPort): string => `${protocol} ${String(port)}`;

/** The address of this machine from which it talks to that one. */
const ownAddress = (towards: string): Promise<string> =>
	new Promise((resolve, reject) => {
		const socket = createSocket('udp4');
		socket.once('error', reject);
		socket.connect(9, towards, () => {
			const { address } = socket.address();
			socket.close();
			resolve(address);
		});
	});

async function openAt(
	gateway: Gateway,
	wanted: readonly WantedPort[],
): Promise<OpenedRouter | undefined> {
	const answer = (): { readonly signal: AbortSignal } => ({
		signal: AbortSignal.timeout(ANSWER_WITHIN),
	});
	const ip = await gateway.externalIp(answer());
	// Behind two routers, opening the inner one helps nobody.
	if (!isPublicIp(ip)) return undefined;
	const own = await ownAddress(gateway.host);
	const opened = new Map<string, number>();
	const open = async (): Promise<void> => {
		for (const one of wanted) {
			const { port, protocol } = one;
			const externalPort = opened.get(nameOf(one)) ?? port;
			const mapping = await gateway
				.map(port, own, { ...answer(), protocol, externalPort })
				.catch(() => undefined);
			if (mapping !== undefined) opened.set(nameOf(one), mapping.externalPort);
		}
	};
	await open();
	if (opened.size === 0) return undefined;
	const renewing = setInterval(() => void open(), RENEW_EVERY);
	renewing.unref();
	return {
		ip,
		portOf: (one) => opened.get(nameOf(one)),
		close: async () => {
			clearInterval(renewing);
			await gateway.stop({ signal: AbortSignal.timeout(CLOSE_WITHIN) }).catch(() => undefined);
		},
	};
}

/** Undefined where no router answers, or none gives a port that the world can reach. */
export async function openRouter(wanted: readonly WantedPort[]): Promise<OpenedRouter | undefined> {
	const client = upnpNat({ description: 'Aegis relay', autoRefresh: false });
	const searching = new AbortController();
	const late = setTimeout(() => {
		searching.abort();
	}, FIND_WITHIN);
	try {
		const search = { signal: searching.signal, searchInterval: SEARCH_EVERY };
		for await (const gateway of client.findGateways(search)) {
			if (gateway.family !== 'IPv4') continue;
			const opened = await openAt(gateway, wanted).catch(() => undefined);
			if (opened !== undefined) return opened;
		}
	} catch {
		// Nobody answered in time.
	} finally {
		clearTimeout(late);
		searching.abort();
	}
	return undefined;
}
