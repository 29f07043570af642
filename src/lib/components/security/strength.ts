// How soon a passphrase would be guessed, by zxcvbn, and plain advice. The word lists are large: fetched when a dialog asks.
import { m } from '#lib/paraglide/messages.js';

export interface Strength {
	/** 0 … 4, as zxcvbn counts; null: too short to be looked at. */
	readonly score: 0 | 1 | 2 | 3 | 4 | null;
	readonly advice: string;
	readonly enough: boolean;
}

const LEAST_LENGTH = 8;
const LEAST_SCORE = 2;
/** What is longer takes long to look at and is never weak for being long. */
const LOOKED_AT = 100;

const ADVICE: Readonly<Record<string, () => string>> = {
	straightRow: m.strength_advice_keys,
	keyPattern: m.strength_advice_keys,
	sequences: m.strength_advice_keys,
	simpleRepeat: m.strength_advice_repeat,
	extendedRepeat: m.strength_advice_repeat,
	recentYears: m.strength_advice_date,
	dates: m.strength_advice_date,
	topTen: m.strength_advice_common,
	topHundred: m.strength_advice_common,
	common: m.strength_advice_common,
	similarToCommon: m.strength_advice_word,
	wordByItself: m.strength_advice_word,
	namesByThemselves: m.strength_advice_name,
	commonNames: m.strength_advice_name,
	userInputs: m.strength_advice_name,
};

const WORDS = [m.strength_0, m.strength_1, m.strength_2, m.strength_3, m.strength_4] as const;

/** `about`: what anybody would guess first, such as the person's own name. */
export type Meter = (passphrase: string, about: readonly string[]) => Strength;

/** The lists of surnames and of an encyclopaedia's words are left out: as large as all the others, and little in them is new. */
export async function loadMeter(): Promise<Meter> {
	const [{ ZxcvbnFactory }, graphs, diceware, passwords, words, names] = await Promise.all([
		import('@zxcvbn-ts/core'),
		import('@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs'),
		import('@zxcvbn-ts/language-common/dist/diceware.json.mjs'),
		import('@zxcvbn-ts/language-common/dist/passwords.json.mjs'),
		import('@zxcvbn-ts/language-en/dist/commonWords.json.mjs'),
		import('@zxcvbn-ts/language-en/dist/firstnames.json.mjs'),
	]);
	const zxcvbn = new ZxcvbnFactory({
		dictionary: {
			diceware: diceware.default,
			passwords: passwords.default,
			commonWords: words.default,
			firstnames: names.default,
		},
		graphs: graphs.default,
	});
	return (passphrase, about) => {
		if (passphrase.length < LEAST_LENGTH) {
			return { score: null, advice: m.strength_short(), enough: false };
		}
		const { score, feedback } = zxcvbn.check(passphrase.slice(0, LOOKED_AT), [...about]);
		const enough = score >= LEAST_SCORE;
		const why = ADVICE[feedback.warning ?? '']?.() ?? (enough ? '' : m.strength_advice_more());
		return { score, advice: `${WORDS[score]()} ${score < 3 ? why : ''}`.trim(), enough };
	};
}
