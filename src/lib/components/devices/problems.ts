// Why two devices did not come together, in words.
import { m } from '#lib/paraglide/messages.js';
import type { PairingProblem } from '#lib/state/views.ts';

export function pairingProblem(problem: PairingProblem): string {
	switch (problem) {
		case 'no-relay':
			return m.link_problem_no_relay();
		case 'expired':
			return m.link_problem_expired();
		case 'mismatch':
			return m.link_problem_mismatch();
		case 'cancelled':
			return m.link_problem_cancelled();
		case 'full':
			return m.link_problem_full();
		case 'storage':
			return m.storage_full();
		case 'failed':
			return m.link_problem_failed();
	}
}
