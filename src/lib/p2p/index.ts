// Ways to other nodes, as the composition root takes them. Importing this costs little: everything that direct links
// need, libp2p above all, comes with the first call that asks for it. [DL15]
import type { DirectDialerDependencies } from './direct-dialer.ts';
import type { DirectDialer } from '#lib/ports/direct-dialer.ts';

export { createRelayDialer } from './relay-dialer.ts';

/** The dialer of direct links; its node starts with the first offer or answer. Rejects when its code can't be fetched. */
export async function loadDirectDialer(
	dependencies: DirectDialerDependencies,
): Promise<DirectDialer> {
	const { createDirectDialer } = await import('./direct-dialer.ts');
	return createDirectDialer(dependencies);
}
