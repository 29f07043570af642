// Whether the relay can store right now, found out by really storing something. However many ask, at most one write a
// second is made. [RV11]
import type { StoreCare } from './store/relay-store.ts';

export interface Readiness {
	/** Null when it can, or a few words. */
	problem(): Promise<string | null>;
}

const GOOD_FOR = 1000;
const WITHIN = 5000;

export function createReadiness(store: Pick<StoreCare, 'probe'>, now: () => number): Readiness {
	let last: { readonly at: number; readonly answer: Promise<string | null> } | undefined;

	const look = async (): Promise<string | null> => {
		let timer: NodeJS.Timeout | undefined;
		const late = new Promise<string>((resolve) => {
			timer = setTimeout(resolve, WITHIN, 'the store does not answer');
		});
		const answer = store
			.probe()
			.then((written) => (written.ok ? null : 'the store takes no writes'));
		try {
			return await Promise.race([answer, late]);
		} finally {
			clearTimeout(timer);
		}
	};
	return {
		problem: () => {
			if (last === undefined || now() - last.at >= GOOD_FOR || now() < last.at) {
				last = { at: now(), answer: look() };
			}
			return last.answer;
		},
	};
}
