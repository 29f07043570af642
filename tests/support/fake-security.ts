// Locks that lock nothing, for looking at the interface.
import type { RecoveryWords, Security, SecurityView } from '#lib/messenger/security.ts';
import { RECOVERY_WORDS, seedOf, wordsIn } from '#lib/crypto/recovery-phrase.ts';
import { createSignal } from '#lib/util/signal.ts';
import { err, ok } from '#lib/util/result.ts';

export interface SecurityScene {
	readonly security?: Partial<SecurityView>;
}

const WORDS =
	'legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title';

/** Its passphrase is "correct horse". */
export function createFakeSecurity({ security: scene = {} }: SecurityScene): Security {
	const view = createSignal<SecurityView>({
		passphrase: false,
		passkeys: 0,
		askedAtStart: false,
		phraseKept: true,
		lockAfter: null,
		...scene,
	});
	const change = async (to: Partial<SecurityView>) => {
		view.set({ ...view.get(), ...to });
		return Promise.resolve(ok());
	};
	return {
		backups: {
			save: () => Promise.resolve(ok()),
			restore: () => Promise.resolve(ok(2)),
		},
		view,
		mayUsePasskeys: true,
		setPassphrase: (_next, { current, askAtStart }) =>
			view.get().passphrase && current !== 'correct horse'
				? Promise.resolve(err({ type: 'wrong' }))
				: change({ passphrase: true, askedAtStart: askAtStart }),
		confirm: (passphrase) =>
			Promise.resolve(passphrase === 'correct horse' ? ok() : err({ type: 'wrong' })),
		removePassphrase: (given) =>
			given === 'correct horse'
				? change({ passphrase: false, passkeys: 0, askedAtStart: false })
				: Promise.resolve(err({ type: 'wrong' })),
		askAtStart: (askedAtStart) => change({ askedAtStart }),
		addPasskey: () => change({ passkeys: view.get().passkeys + 1 }),
		removePasskeys: () => change({ passkeys: 0 }),
		phrase: (given) =>
			Promise.resolve(
				view.get().passphrase && given !== 'correct horse'
					? err({ type: 'wrong' })
					: ok(WORDS.split(' ')),
			),
		isWord: (at, word) => Promise.resolve(WORDS.split(' ')[at] === word),
		phraseQuiz: () => [2, 8, 19],
		keepPhrase: () => change({ phraseKept: true }),
		lockAfter: (lockAfter) => void change({ lockAfter }),
		lock: () => Promise.resolve(),
		wipe: () => Promise.resolve(),
	};
}

export const fakeRecoveryWords: RecoveryWords = {
	all: RECOVERY_WORDS,
	wordsIn,
	problem(words) {
		const read = seedOf(words);
		return read.ok ? null : read.error;
	},
};
