// What importing the light face of p2p brings with it.
import { expect, it, vi } from 'vitest';
import { createManualClock } from '../../support/manual-clock.ts';

it('[DL15] the code for direct links comes with the first call that needs it, not before', async () => {
	let loaded = false;
	vi.doMock('libp2p', () => {
		loaded = true;
		return { createLibp2p: () => Promise.reject(new Error('not in this test')) };
	});
	const { createRelayDialer, loadDirectDialer } = await import('#lib/p2p/index.ts');
	const clock = createManualClock();
	createRelayDialer({ clock });
	expect(loaded).toBe(false);
	await loadDirectDialer({ clock, random: { bytes: (length) => new Uint8Array(length) } });
	expect(loaded).toBe(true);
	vi.doUnmock('libp2p');
});
