// With whom a device makes direct links in a space: with all where they are few, else with some that chance picks, the
// same each time and for both of a pair, so that links stay and the whole hangs together. [LC1] … [LC4]
// A pure choice; knows nothing of how links are made, or of other spaces.

/** Up to so many others, all are linked. */
export const FEW = 8;
/** Beyond that a device wants so many links, */
export const WANTED = 6;
/** and has no more than so many in a space, whoever wants them. */
export const MOST = 12;
/** Own devices that go before anybody else. */
const OWN = 3;
/** Devices of one other person among those wanted: one who brings many along stands round nobody. */
const OF_ONE_PERSON = 2;
/** Who could not be linked with so many times running makes room for others. */
const IN_VAIN = 4;

export interface Candidate {
	/** Hex. */
	readonly device: string;
	/** Root Hash, hex. */
	readonly person: string;
	/** Random, but the same for both of the pair at any time: the lower ones are wanted. */
	readonly rank: string;
	/** Linked now. */
	readonly linked: boolean;
	/** Tries in a row that came to nothing; 0 again when another one is due. */
	readonly failures: number;
}

export interface LinkChoice {
	/** Devices (hex) to be linked with. */
	readonly wanted: ReadonlySet<string>;
	/** Others may have chosen otherwise: who is wanted and doesn't offer is to be asked. */
	readonly isPartial: boolean;
}

const byRank = (a: Candidate, b: Candidate): number =>
	a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0;

/** `person`: who chooses (Root Hash, hex). `all`: the others that can be signalled to and make direct links. */
export function chooseLinks(person: string, all: readonly Candidate[]): LinkChoice {
	if (all.length <= FEW) {
		return { wanted: new Set(all.map(({ device }) => device)), isPartial: false };
	}
	const wanted = new Set<string>();
	const ofPerson = new Map<string, number>();
	const hopeful = all.filter(({ linked, failures }) => linked || failures < IN_VAIN).sort(byRank);
	for (const each of hopeful.filter((one) => one.person === person).slice(0, OWN)) {
		wanted.add(each.device);
	}
	const fill = (limit: number): void => {
		for (const { device, person: theirs } of hopeful) {
			if (wanted.size >= WANTED) return;
			const before = ofPerson.get(theirs) ?? 0;
			if (wanted.has(device) || theirs === person || before >= limit) continue;
			ofPerson.set(theirs, before + 1);
			wanted.add(device);
		}
	};
	fill(OF_ONE_PERSON);
	return { wanted, isPartial: true };
}

/**
 * Whether a link that another device asks for is made: while there is room; and in any case if it is wanted here too, for
 * those that are not give way to it. So nobody who asks for many links can take the place of those that chance picked.
 */
export const isWelcome = (choice: LinkChoice, device: string, links: number): boolean =>
	choice.wanted.has(device) || links < (choice.isPartial ? MOST - 2 : MOST);

/**
 * Links (hex) to end where there are more than there may be: those that are wanted least. `links`: all that stand, of which
 * `all` knows the ranks.
 */
export function surplus(choice: LinkChoice, all: readonly Candidate[]): readonly string[] {
	const linked = all.filter((each) => each.linked);
	const idle = linked.filter(({ device }) => !choice.wanted.has(device)).sort(byRank);
	return idle.slice(Math.max(0, MOST - (linked.length - idle.length))).map(({ device }) => device);
}
