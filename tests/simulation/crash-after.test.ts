// Every commit of every device is the last thing that it does once: it ends right after it, and starts again.
import { beforeAll, describe, expect, it } from 'vitest';
import { crashEverywhere, goThrough, type Trodden } from './crash-points.ts';
import { STAGES } from './crash-stages.ts';

describe('a crash right after any commit', () => {
	let trodden: readonly Trodden[] = [];
	beforeAll(async () => {
		trodden = await goThrough(STAGES);
	});

	STAGES.forEach(({ name }, index) => {
		it(`[ST11] loses nothing and doubles nothing: ${name}`, async () => {
			const stage = trodden[index];
			if (stage === undefined) throw new Error('not gone through');
			expect(await crashEverywhere(stage, 'crash-after')).toBeGreaterThan(0);
		});
	});
});
