// A LAN without a way out: people who have the app on their device already, from when they were elsewhere.
import type { Person } from '../../e2e/support/person.ts';
import { lab, type Node } from './lab.ts';
import { ORIGIN, type Network } from './network.ts';

const CABIN: Partial<Record<Node, string>> = { off1: '192.168.9.10', off2: '192.168.9.11' };

/** Opens the app for the first time at home, and then goes to the cabin with it. */
export async function inTheCabin(network: Network, node: Node): Promise<Person> {
	lab('move', node, 'home1', node === 'off1' ? '192.168.1.50' : '192.168.1.51');
	const person = await network.person(node);
	await person.visit(ORIGIN);
	await person.start();
	await person.installed();
	lab('move', node, 'cabin', CABIN[node] ?? '');
	// A switch and two laptops: nobody there who would be a router.
	lab('exec', node, 'ip', 'route', 'del', 'default');
	// From here on the app comes from the device.
	await person.leave();
	await person.visit(ORIGIN);
	return person;
}

/** Whoever said yes to the camera has said so for good. */
export const allowCamera = ({ page }: Person): Promise<void> =>
	page.context().grantPermissions(['camera'], { origin: ORIGIN });
