// How people in the simulation come to have several devices: by pairing, as on their screens.
import { toSelf } from '#lib/messenger/account.ts';
import type { IdentitySecrets } from '#lib/crypto/identity.ts';
import type { PairingOffer, PairingTake, TakeView } from '#lib/messenger/pairing/pairing.ts';
import { createRelayPool } from '#lib/messenger/delivery/relay-pool.ts';
import { settleIn } from '#lib/messenger/pairing/settling.ts';
import { takePairing } from '#lib/messenger/pairing/taking.ts';
import type { Ports, Self } from '#lib/messenger/ports.ts';
import { decodePairingLink } from '#lib/protocol/pairing.ts';
import type { SimulatedNode, Simulation } from './simulation.ts';

/** The link that a device shows. */
export async function shownLink(world: Simulation, offer: PairingOffer): Promise<string> {
	await world.until(() => offer.view.get().state !== 'starting', 20_000, 'a code');
	const view = offer.view.get();
	if (view.state !== 'waiting') throw new Error(JSON.stringify(view));
	return view.link;
}

/** The new device's side, as far as there is no messenger yet; resolves with who it is once it is somebody. */
export function take(
	ports: Ports,
	link: string,
	deviceName: string,
	onSecrets: (secrets: IdentitySecrets) => void = () => undefined,
) {
	const code = decodePairingLink(link, (bytes) => ports.crypto.sha256(bytes));
	if (!code.ok) throw new Error(code.error.type);
	const pool = createRelayPool(ports);
	let done: (self: Self) => void = () => undefined;
	const self = new Promise<Self>((resolve) => (done = resolve));
	const taking: PairingTake = takePairing(
		{ ...ports, pool },
		code.value,
		deviceName,
		async (arrival) => {
			const { secrets, member } = arrival.identity;
			const made = await toSelf(ports.crypto, secrets, member);
			if (!(await settleIn(ports, made, arrival))) return 'failed';
			onSecrets(secrets);
			done(made);
			return null;
		},
	);
	return { taking, self, end: () => pool.stop() };
}

/** Links a new device to one that is there, the person looking at both screens. */
export async function linkDevice(
	world: Simulation,
	old: SimulatedNode,
	name: string,
	onSecrets?: (secrets: IdentitySecrets) => void,
): Promise<SimulatedNode> {
	const offer = old.messenger.devices.link();
	const link = await shownLink(world, offer);
	let stop = (): void => undefined;
	const added = world.addNode(name, {
		async identify(ports) {
			const { taking, self, end } = take(ports, link, name, onSecrets);
			stop = end;
			let hers: TakeView = taking.view.get();
			taking.view.subscribe((view) => (hers = view));
			offer.view.subscribe((view) => {
				if (view.state !== 'compare') return;
				offer.confirm(hers.state === 'compare' && hers.digits === view.digits);
			});
			return self;
		},
	});
	const node = await world.finish(added);
	stop();
	return node;
}
