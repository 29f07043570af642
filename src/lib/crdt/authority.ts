// What the authority log says, epochs included: a pure function of the set of opened control entries and of the forks
// found. Entries that come in order are judged one by one; what comes late, or says something else of what came before,
// has everything judged anew. [AU1] [EP1] [EP2]
import { SPACE_KIND } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { compare, equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import {
	inOrder,
	type Authority,
	type ControlEntries,
	type ControlEntry,
	type EpochState,
	type Forks,
	type Membership,
	type Verdict,
} from './authority-state.ts';
import type { Entry } from './check-entry.ts';
import { createEpochNaming } from './epoch-naming.ts';
import { walkMembership, type MembershipWalk } from './membership.ts';
import { createPasts, type Pasts } from './past.ts';
import { createRanks, RULES, type Ranks, type Rules } from './ranks.ts';
import { createShadows, type Shadows } from './shadows.ts';

export interface Resolver {
	/** What the entries taken so far say; changed in place by what is taken later. */
	readonly authority: Authority;
	readonly pasts: Pasts;
	readonly ranks: Ranks;
	readonly shadows: Shadows;
	/** Takes an entry whose authority heads were taken before. */
	take(control: ControlEntry): void;
	/** Takes a sealed entry again, of which this device has learnt what it says. */
	retake(control: ControlEntry): void;
	/** The feed of this device was found to be forked in this place: everything is judged anew. */
	reset(device: Bytes, seq: number): void;
}

export interface ResolverOptions {
	readonly rules?: Rules;
	/** Judges no epochs: for who asks for the membership alone. */
	readonly membersOnly?: boolean;
}

/** Of a device in one epoch: the first that members gave it. Everybody puts copies for all of them. */
const MAX_TOKENS = 8;

interface Epochs {
	readonly all: EpochState[];
	/** By name (hex). */
	readonly byId: Map<string, EpochState>;
	live: EpochState[];
	readonly admittedWith: Map<string, string>;
	readonly inDoubt: Set<string>;
}

export function createResolver(
	space: Bytes,
	forks: () => Forks,
	{ rules = RULES, membersOnly = false }: ResolverOptions = {},
): Resolver {
	let pasts = createPasts();
	/** In order of time, then id. */
	let ordered: ControlEntry[] = [];
	let entries = new Map<string, ControlEntry>();
	/** Entries that no other builds on. */
	let heads = new Set<string>();
	/** Root Hashes (hex) by device (hex), of all genuine admissions. */
	let bound = new Map<string, Set<string>>();
	/** Genuine admissions by the device (hex) that they let in. */
	let admissions = new Map<string, Entry[]>();
	/** By device (hex): what made it somebody's, the GENESIS included, with their Root Hash (hex). */
	let bindings = new Map<string, { readonly entry: Entry; readonly root: string }[]>();
	/** Devices (hex) that the keys of an epoch (hex) were given to, by any genuine admission. */
	let given = new Map<string, Set<string>>();
	/** REVOKE entries, valid or not. */
	let revocations: Entry[] = [];
	/** Entries that stand in the place of others, or were here after later ones of their device. */
	const odd: Entry[] = [];
	/** Control entries by device (hex) and place; where two share one, that is a fork which everybody sees. */
	let places = new Map<string, string>();
	let doubled = new Map<string, number>();
	let founder: string | null = null;
	let stale = false;
	let epochs: Epochs;
	let walk: MembershipWalk;
	let ranks: Ranks;
	let shadows: Shadows;
	let authority: Authority;

	const naming = createEpochNaming({
		pasts: () => pasts,
		ordered: () => ordered,
		find: (key) => entries.get(key),
		odd: () => odd,
		judge: () => createResolver(space, forks, { rules, membersOnly: true }),
	});

	const forkedAt = (device: string): number =>
		Math.min(forks().get(device) ?? Infinity, doubled.get(device) ?? Infinity);

	/** Whether the device is this person's by something that the entry builds on: nobody else's is theirs to end. */
	function isOwn(device: Bytes, root: Bytes, entry: Entry): boolean {
		const past = pasts.of(entry);
		return (bindings.get(toHex(device)) ?? []).some(
			(each) => each.root === toHex(root) && past.has(each.entry),
		);
	}

	function soundness({ content, entry, proven, memberRoot }: ControlEntry): Verdict {
		const { device, author, seq } = entry.header;
		if (!proven) return 'unproven';
		// The root’s own word, whoever brings it: were it void beyond a fork, the fork could hide behind it.
		if (content.kind === KIND.revokeDevice) {
			const isTheirs = memberRoot !== null && isOwn(content.device, memberRoot, entry);
			return isTheirs ? 'valid' : 'unknown-target';
		}
		if (seq >= forkedAt(toHex(device))) return 'forked';
		if (!pasts.isInTime(entry)) return 'out-of-order';
		return bound.get(toHex(device))?.has(toHex(author)) === true ? 'valid' : 'not-a-member';
	}

	function begin(): void {
		epochs = { all: [], byId: new Map(), live: [], admittedWith: new Map(), inDoubt: new Set() };
		ranks = createRanks({
			pasts,
			founder: () => founder,
			isSound: (control) => soundness(control) === 'valid',
			admissionsOf: (device) => admissions.get(device) ?? [],
			inviteOf(invite) {
				const control = entries.get(invite);
				return control?.content.kind === KIND.invite ? control.entry : null;
			},
			rules,
		});
		walk = walkMembership({
			space,
			pasts,
			ranks,
			soundness,
			isOwn,
			epochs: {
				onEpoch: (entry) => {
					const control = entries.get(entry.key);
					if (membersOnly || control === undefined) return 'valid';
					const isLast = ordered.at(-1) === control && buildsOnAll(control);
					if (!naming.isRight(control, isLast ? walk.state.active : null)) {
						return 'wrong-recipients';
					}
					if (epochs.byId.has(toHex(entry.header.key.epoch))) return 'name-taken';
					addEpoch(control);
					return 'valid';
				},
				onToken,
			},
		});
		shadows = createShadows(ranks);
		authority = combine(walk.state, () => epochs, shadows, isOwnedByRevoked);
	}

	function addEpoch({ entry, content }: ControlEntry): void {
		if (content.kind !== KIND.epoch) return;
		const tokenHashes = new Map(
			content.recipients.map(({ device, tokenHash }) => [toHex(device), [tokenHash]]),
		);
		const { epoch: id } = entry.header.key;
		const holders = given.get(toHex(id)) ?? new Set<string>();
		given.set(toHex(id), holders);
		for (const device of tokenHashes.keys()) holders.add(device);
		const { time } = entry.header;
		const state: EpochState = { entry: entry.id, time, id, content, tokenHashes, holders };
		epochs.all.push(state);
		if (!epochs.byId.has(toHex(id))) epochs.byId.set(toHex(id), state);
		const past = pasts.of(entry);
		const isFollowed = (epoch: EpochState): boolean => {
			const before = entries.get(toHex(epoch.entry));
			return before !== undefined && past.has(before.entry);
		};
		epochs.live = [...epochs.live.filter((epoch) => !isFollowed(epoch)), state].sort((a, b) =>
			compare(a.entry, b.entry),
		);
	}

	function isOwnedByRevoked(epoch: EpochState): boolean {
		const made = entries.get(toHex(epoch.entry));
		if (made === undefined) return false;
		const past = pasts.of(made.entry);
		return revocations.some(
			(revoke) => walk.state.verdicts.get(revoke.key) === 'valid' && !past.has(revoke),
		);
	}

	function onToken(id: Bytes, device: string, tokenHash: Bytes): void {
		const { admittedWith, inDoubt, byId } = epochs;
		if ((admittedWith.get(device) ?? toHex(id)) !== toHex(id)) inDoubt.add(device);
		admittedWith.set(device, toHex(id));
		const tokens = byId.get(toHex(id))?.tokenHashes;
		const known = tokens?.get(device) ?? [];
		if (known.length >= MAX_TOKENS || known.some((each) => equal(each, tokenHash))) return;
		tokens?.set(device, [...known, tokenHash]);
	}

	/** Whether the latest entry builds on all others. */
	const buildsOnAll = ({ entry }: ControlEntry): boolean =>
		heads.size === 1 && heads.has(entry.key);

	/** Notes what is so whatever becomes of the entry, and what it tells of entries that were here before. */
	function note(control: ControlEntry): 'nothing' | 'of the past' | 'of a device' {
		const { content, entry, proven, memberRoot } = control;
		entries.set(entry.key, control);
		heads.add(entry.key);
		for (const head of entry.header.authorityHeads) heads.delete(toHex(head));
		const isLatest = pasts.add(entry);
		if (content.kind === KIND.revoke) revocations.push(entry);
		const news = isDouble(entry) || !isLatest ? 'of the past' : 'nothing';
		if (news === 'of the past') odd.push(entry);
		if (!proven || memberRoot === null) return news;
		if (content.kind === KIND.genesis) {
			if (equal(entry.id, space)) {
				const isCommunity = content.spaceKind === SPACE_KIND.community;
				founder = isCommunity ? toHex(memberRoot) : null;
			}
			bind(content.founder.certificate.deviceKey, memberRoot, entry);
		}
		if (content.kind !== KIND.admit && content.kind !== KIND.enrol) return news;
		const { deviceKey } = content.member.certificate;
		const holders = given.get(toHex(content.epoch)) ?? new Set<string>();
		given.set(toHex(content.epoch), holders.add(toHex(deviceKey)));
		const known = admissions.get(toHex(deviceKey)) ?? [];
		admissions.set(toHex(deviceKey), [...known, entry]);
		const isNew = bind(deviceKey, memberRoot, entry);
		const hasWritten = pasts.devicesOf(toHex(memberRoot)).has(toHex(deviceKey));
		return news === 'nothing' && isNew && hasWritten ? 'of a device' : news;
	}

	/** Whether another control entry of its device stands in its place. */
	function isDouble({ key, header }: Entry): boolean {
		const device = toHex(header.device);
		const place = `${device} ${header.seq}`;
		const other = places.get(place);
		places.set(place, other ?? key);
		if (other === undefined || other === key) return false;
		doubled.set(device, Math.min(header.seq, doubled.get(device) ?? Infinity));
		return true;
	}

	function bind(device: Bytes, root: Bytes, entry: Entry): boolean {
		const before = bindings.get(toHex(device)) ?? [];
		bindings.set(toHex(device), [...before, { entry, root: toHex(root) }]);
		const roots = bound.get(toHex(device)) ?? new Set<string>();
		bound.set(toHex(device), roots);
		const isNew = !roots.has(toHex(root));
		roots.add(toHex(root));
		return isNew;
	}

	function judgeAnew(): void {
		stale = false;
		naming.recollect();
		begin();
		ranks.rebuild(ordered);
		for (const control of ordered) {
			walk.take(control);
			shadows.take(control);
		}
	}

	function reset(device: Bytes, seq: number): void {
		naming.forget(device, seq);
		const all = ordered;
		pasts = createPasts();
		odd.length = 0;
		ordered = [];
		entries = new Map();
		revocations = [];
		heads = new Set();
		bound = new Map();
		given = new Map();
		admissions = new Map();
		bindings = new Map();
		places = new Map();
		doubled = new Map();
		for (const control of all) {
			ordered.push(control);
			note(control);
		}
		stale = true;
	}

	begin();
	return {
		get authority() {
			if (stale) judgeAnew();
			return authority;
		},
		get pasts() {
			return pasts;
		},
		get ranks() {
			if (stale) judgeAnew();
			return ranks;
		},
		get shadows() {
			if (stale) judgeAnew();
			return shadows;
		},
		take(control) {
			if (entries.has(control.entry.key)) return;
			const last = ordered.at(-1);
			const isLast = last === undefined || inOrder(last.entry, control.entry) < 0;
			// An epoch that comes in its turn is best judged in its turn, by what is here before it.
			if (isLast && stale && control.content.kind === KIND.epoch) judgeAnew();
			const news = note(control);
			if (isLast) ordered.push(control);
			else ordered.splice(placeFor(ordered, control), 0, control);
			const { device, seq } = control.entry.header;
			if (news === 'of the past') reset(device, seq);
			if (!isLast || news !== 'nothing' || stale) {
				stale = true;
				return;
			}
			if (!ranks.append(control, buildsOnAll(control))) {
				judgeAnew();
				return;
			}
			walk.take(control);
			shadows.take(control);
		},
		retake(control) {
			const at = ordered.findIndex(({ entry }) => entry.key === control.entry.key);
			if (at < 0) return;
			ordered[at] = control;
			entries.set(control.entry.key, control);
			shadows.retake(control);
		},
		reset,
	};
}

function placeFor(ordered: readonly ControlEntry[], control: ControlEntry): number {
	let low = 0;
	let high = ordered.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		const at = ordered[middle];
		if (at !== undefined && inOrder(at.entry, control.entry) < 0) low = middle + 1;
		else high = middle;
	}
	return low;
}

function combine(
	state: Membership,
	epochs: () => Epochs,
	shadows: Shadows,
	isOwnedByRevoked: Authority['isOwnedByRevoked'],
): Authority {
	return {
		...state,
		// What changes by being replaced is read where it is.
		get genesis() {
			return state.genesis;
		},
		get epochs() {
			return epochs().all;
		},
		get liveEpochs() {
			return epochs().live;
		},
		get epoch() {
			return epochs().live[0] ?? null;
		},
		get inDoubt() {
			return epochs().inDoubt;
		},
		isOwnedByRevoked,
		get shadowed() {
			return shadows.shadowed();
		},
		isHidden: (root, device, seq) => shadows.isHidden(root, device, seq),
	};
}

/** Resolves a causally closed set of control entries of one space. */
export function resolveAuthority(
	space: Bytes,
	entries: ControlEntries,
	forks: Forks,
	options: ResolverOptions = {},
): Authority {
	const resolver = createResolver(space, () => forks, options);
	for (const control of [...entries.values()].sort((a, b) => inOrder(a.entry, b.entry)))
		resolver.take(control);
	return resolver.authority;
}
