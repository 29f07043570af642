// Every commit of every device comes to nothing once: it ends right before it, and starts again.
import { beforeAll, describe, expect, it } from 'vitest';
import { crashEverywhere, goThrough, type Trodden } from './crash-points.ts';
import { STAGES } from './crash-stages.ts';

describe('a crash right before any commit', () => {
	let trodden: readonly Trodden[] = [];
	beforeAll(async () => {
		trodden = await goThrough(STAGES);
	});

	STAGES.forEach(({ name }, index) => {
		it(`[ST11] loses nothing and doubles nothing: ${name}`, async () => {
			const stage = trodden[index];
			if (stage === undefined) throw new Error('not gone through');
			expect(await crashEverywhere(stage, 'crash-before')).toBeGreaterThan(0);
		});
	});
});
