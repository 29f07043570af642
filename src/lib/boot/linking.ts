// Makes this browser a device of somebody who has another one: meets that one through the relay that its code names, and
// keeps what it is given only once all of it is here. [PA1] [PA5]
import type { SlotOpener } from '#lib/crypto/container-slots.ts';
import { keepAccount, type Account, type AccountParts } from '#lib/messenger/account.ts';
import { createRelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import type { PairingProblem, PairingTake } from '#lib/messenger/pairing/pairing.ts';
import { settleIn } from '#lib/messenger/pairing/settling.ts';
import { takePairing, type Arrival } from '#lib/messenger/pairing/taking.ts';
import type { Ports } from '#lib/messenger/ports.ts';
import { decodePairingLink, type PairingCodeError } from '#lib/protocol/pairing.ts';
import type { RelayDialer } from '#lib/ports/relay-dialer.ts';
import type { KeyValueStore } from '#lib/ports/store.ts';
import { ok, type Result } from '#lib/util/result.ts';

/** How long what this device says last may take to leave, ms. */
const PARTING = 2000;

export interface LinkingParts {
	readonly relayDialer: RelayDialer;
	readonly portsFor: (store: KeyValueStore) => Ports;
}

export function linkDevice(
	parts: AccountParts,
	{ relayDialer, portsFor }: LinkingParts,
	deviceName: string,
	code: string,
	onAccount: (account: Account) => Promise<void>,
	opener?: SlotOpener,
): Result<PairingTake, PairingCodeError> {
	const { clock, crypto, random } = parts;
	const decoded = decodePairingLink(code, (bytes) => crypto.sha256(bytes));
	if (!decoded.ok) return decoded;
	const pool = createRelayPool({ clock, crypto, random, relayDialer });

	async function keep(arrival: Arrival): Promise<PairingProblem | null> {
		const account = await keepAccount(parts, arrival.identity, opener);
		if (!account.ok) return 'storage';
		const { self, store } = account.value;
		if (!(await settleIn(portsFor(store), self, arrival))) {
			store.close();
			account.value.container.lock();
			await parts.slots.remove();
			return 'failed';
		}
		await onAccount(account.value);
		return null;
	}

	const take = takePairing({ clock, crypto, random, pool }, decoded.value, deviceName, keep);
	const stopWatching = take.view.subscribe(({ state }) => {
		if (state !== 'done' && state !== 'failed') return;
		clock.after(PARTING, () => {
			stopWatching();
			pool.stop();
		});
	});
	return ok(take);
}
