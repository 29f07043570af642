// Relays and peers for the fake messenger, in every state of the network.
import type { AddRelayError, NetworkView } from '#lib/messenger/api.ts';
import { fakeHash } from './fake-data.ts';

export type NetworkScene = NetworkView['state'] | 'waiting';

const relay = (rest: Partial<NetworkView['relays'][number]>): NetworkView['relays'][number] => ({
	id: fakeHash('relay'),
	address: 'wss://relay.harbour.example',
	state: 'connected',
	roundTripMs: 24,
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
						roundTripMs: 18,
					},
					{
						...peer('jonas', 'Jonas Weber', 'Safari on iPhone'),
						route: 'relay',
						via: 'wss://relay.harbour.example',
						roundTripMs: 57.4,
					},
					{
						...peer('layla', 'ليلى حداد', 'Chrome on Windows'),
						route: 'connecting',
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
