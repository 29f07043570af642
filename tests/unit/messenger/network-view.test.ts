// The one picture of the network that people get.
import { describe, expect, it } from 'vitest';
import type { RelayView } from '#lib/messenger/network-api.ts';
import { networkView } from '#lib/messenger/network-view.ts';

const relay = (id: string, address: string): RelayView => ({
	id,
	address,
	state: 'connected',
	roundTripMs: 1,
	retryAt: null,
	origin: 'added',
	link: null,
});

describe('the relay that served the page', () => {
	const HOME = { address: 'ws://localhost:8080/relay', key: 'aa' };
	const offeredBeside = (relays: readonly RelayView[]): string | null =>
		networkView({
			nodes: [],
			relays,
			relayName: (key) => key,
			offered: HOME,
			direct: true,
			online: true,
		}).offered;

	it('[RP1] is offered beside others', () => {
		expect(offeredBeside([])).toBe(HOME.address);
		expect(offeredBeside([relay('bb', 'ws://relay.example/relay')])).toBe(HOME.address);
	});

	it('[RP1] is not where it is in use already, under any of its names', () => {
		expect(offeredBeside([relay('aa', 'ws://127.0.0.1:8080/relay')])).toBeNull();
		expect(offeredBeside([relay(HOME.address, HOME.address)])).toBeNull();
	});
});
