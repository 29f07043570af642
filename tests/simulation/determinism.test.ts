// A seed tells everything: the same one twice gives the same frames at the same times, and the same end.
import { expect, it } from 'vitest';
import { createSyncCryptoProvider } from '#lib/crypto/provider-sync.ts';
import { drawPlan } from './draw.ts';
import { runScenario } from './scenario.ts';

it('[SY1] the same seed runs the same way twice, down to the last frame', async () => {
	const first = await runScenario(drawPlan(7), { traced: true });
	const second = await runScenario(drawPlan(7), { traced: true });
	expect(second).toEqual(first);
	const other = await runScenario(drawPlan(9), { traced: true });
	expect(other.trace).not.toBe(first.trace);
});

it('[KY1] and whichever provider does the cryptography', async () => {
	const plan = drawPlan(13);
	const native = await runScenario(plan, { traced: true });
	expect(await runScenario(plan, { crypto: createSyncCryptoProvider(), traced: true })).toEqual(
		native,
	);
});
