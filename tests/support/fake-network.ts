// Relays and peers for the fake messenger, in every state of the network.
import type { AddRelayError, NetworkView, Traffic } from '#lib/messenger/api.ts';
import type { ConnectionProbes, ConnectionReport, Verdict } from '#lib/messenger/connection-api.ts';
import { judgeConnection } from '#lib/messenger/connection/judge.ts';
import type { MeshView } from '#lib/messenger/mesh-api.ts';
import { fakeHash } from './fake-data.ts';

export type NetworkScene = NetworkView['state'] | 'waiting';

const relay = (rest: Partial<NetworkView['relays'][number]>): NetworkView['relays'][number] => ({
	id: fakeHash('relay'),
	address: 'wss://relay.harbour.example',
	state: 'connected',
	roundTripMs: 24,
	traffic: { sent: 48_200, received: 9120 },
	keeps: 2,
	retryAt: null,
	origin: 'added',
	link: `https://relay.harbour.example/#/relay/${'Ab3dE6gH'.repeat(12)}`,
	...rest,
});

const waiting = (): NetworkView['relays'][number] =>
	relay({
		id: fakeHash('relay two'),
		address: 'ws://192.168.1.20:8080',
		state: 'waiting',
		roundTripMs: null,
		traffic: { sent: 0, received: 0 },
		keeps: 0,
		retryAt: Date.now() + 12_000,
		origin: 'space',
		link: null,
	});

export function fakeNetwork(scene: NetworkScene): NetworkView {
	const base: NetworkView = {
		state: scene === 'waiting' ? 'no-relay' : scene,
		peers: [],
		relays: [],
		offered: null,
		direct: true,
	};
	const peer = (key: string, name: string, deviceName: string) => ({
		device: fakeHash(`${key} ${deviceName}`),
		rootHash: fakeHash(key),
		name,
		deviceName,
		via: null,
	});
	switch (scene) {
		case 'no-relay':
			return { ...base, offered: 'wss://aegis.example' };
		case 'waiting':
		case 'offline':
			return { ...base, relays: [waiting()] };
		case 'alone':
			return { ...base, relays: [relay({}), waiting()] };
		case 'bridged':
			return {
				...base,
				direct: false,
				relays: [relay({})],
				peers: [
					{
						...peer('mina', 'Mina Okafor', 'Firefox on Android'),
						route: 'relay',
						via: 'wss://relay.harbour.example',
						carrier: fakeHash('relay'),
						roundTripMs: 61,
					},
				],
			};
		case 'direct':
			return {
				...base,
				relays: [relay({}), waiting()],
				peers: [
					{
						...peer('mina', 'Mina Okafor', 'Firefox on Android'),
						route: 'direct',
						path: 'srflx/udp',
						roundTripMs: 18,
						traffic: { sent: 184_320, received: 2_310_000 },
					},
					{
						...peer('jonas', 'Jonas Weber', 'Safari on iPhone'),
						route: 'relay',
						via: 'wss://relay.harbour.example',
						carrier: fakeHash('relay'),
						retryAt: Date.now() + 25_000,
						roundTripMs: 57.4,
					},
					{
						...peer('layla', 'ليلى حداد', 'Chrome on Windows'),
						route: 'relay',
						via: 'wss://relay.harbour.example',
						carrier: fakeHash('relay'),
						trying: true,
						roundTripMs: null,
					},
				],
			};
	}
}

/** Addresses that fail, each in its way. */
export const ADDRESSES: Readonly<Record<string, AddRelayError['type']>> = {
	'not an address': 'malformed',
	'ws://plain.example': 'insecure',
	'nobody.example': 'unreachable',
	'website.example': 'not-a-relay',
	'stranger.example': 'wrong-key',
	'relay.harbour.example': 'known',
};

/** Everybody of the picture, each linked with the next. */
export function fakeMesh({ peers }: NetworkView): MeshView {
	const own = fakeHash('own device');
	const others = peers.map(({ device, rootHash, name, deviceName, route }) => ({
		device,
		rootHash,
		name,
		deviceName,
		own: false,
		route,
		relays: [fakeHash('relay')],
	}));
	const me = {
		device: own,
		rootHash: fakeHash('me'),
		name: 'You',
		deviceName: 'This device',
		own: true,
		route: null,
		relays: [fakeHash('relay')],
	};
	const direct = others.filter(({ route }) => route === 'direct').map(({ device }) => device);
	const ring = [own, ...direct].flatMap((a, n, all) => {
		const b = all[(n + 1) % all.length];
		return b === undefined || a === b ? [] : [{ a, b }];
	});
	return { devices: [me, ...others], links: ring };
}

/** As if each relay that stands answered, and the others not. */
/** What stands in the way, where that is not the network's state. */
const OBSTACLES: Readonly<Partial<Record<Verdict, Partial<ConnectionProbes>>>> = {
	blocked: { channel: 'blocked' },
	hidden: { hidden: true },
	varies: { mapping: 'varies' },
	likely: { mapping: 'unknown' },
};
const STUN: Readonly<Partial<Record<Verdict, 'silent' | 'untested'>>> = {
	'no-udp': 'silent',
	untold: 'untested',
};

export function fakeReport(
	{ state, relays, direct }: NetworkView,
	verdict: Verdict = 'works',
): ConnectionReport {
	const probes: ConnectionProbes = {
		online: state !== 'offline',
		relays: relays.map((each) => ({
			id: each.id,
			address: each.address,
			answer: each.state === 'connected' ? 'works' : 'unreachable',
			ms: each.state === 'connected' ? 31 : null,
			stun: each.state === 'connected' && direct ? (STUN[verdict] ?? 'answers') : 'untested',
		})),
		channel: direct ? 'works' : 'missing',
		mapping: direct && STUN[verdict] === undefined ? 'steady' : 'unknown',
		hidden: false,
		linked: state === 'direct',
		...OBSTACLES[verdict],
	};
	return { ...probes, verdict: judgeConnection(probes) };
}

/** Much passes to whom one is linked with, and something from the relay. */
export const fakeTraffic = (
	{ peers, relays }: NetworkView,
	now: number,
): ReadonlyMap<string, Traffic> =>
	new Map([
		...peers.map(({ device }) => [device, { sent: now, received: now }] as const),
		...relays.map(({ id }) => [id, { sent: 0, received: now }] as const),
	]);
