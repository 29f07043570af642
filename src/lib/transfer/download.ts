// One attachment on its way here: which chunk is asked of whom, and when of somebody else. Pure: knows no channel, no
// store and no clock; every step is told the time and answers with what to do. [TR1] [TR2] [TR3] [TR4] [TR5]
//
// A chunk is missing, asked of one source, landed (all of it came and is being checked and kept), or held; nothing else.

export type DownloadEvent =
	/** Somebody who may have some of it can be asked; in reserve: only for what no other source can give. */
	| { readonly type: 'up'; readonly source: string; readonly isReserve?: boolean }
	| { readonly type: 'down'; readonly source: string }
	/** What a source says it has. */
	| { readonly type: 'has'; readonly source: string; readonly chunks: ReadonlySet<number> }
	/** A piece of this chunk came. */
	| { readonly type: 'piece'; readonly source: string; readonly chunk: number }
	/** All of it came. */
	| { readonly type: 'landed'; readonly source: string; readonly chunk: number }
	/** It was what its hash says, and is durable. */
	| { readonly type: 'kept'; readonly chunk: number }
	/** It could not be kept, or not be sent to the end; nobody lied. */
	| { readonly type: 'returned'; readonly source: string; readonly chunk: number }
	| { readonly type: 'lacks'; readonly source: string; readonly chunk: number }
	/** What came from it is not what was asked for. */
	| { readonly type: 'lied'; readonly source: string }
	/** From here on first, as somebody looks at it. */
	| { readonly type: 'prefer'; readonly chunk: number }
	| { readonly type: 'pause' }
	| { readonly type: 'resume' }
	| { readonly type: 'tick' };

export type DownloadEffect =
	/** Ask what it has. */
	| { readonly type: 'ask'; readonly source: string }
	| { readonly type: 'request'; readonly source: string; readonly chunk: number }
	/** What still comes of it is not wanted. */
	| { readonly type: 'cancel'; readonly source: string; readonly chunk: number }
	/** Nothing more of this file is taken from it. */
	| { readonly type: 'refuse'; readonly source: string }
	| { readonly type: 'whole' };

export interface Download {
	step(event: DownloadEvent, now: number): readonly DownloadEffect[];
	/** When to step with a tick at the latest, ms; null: not before something else happens. */
	wakeAt(): number | null;
	readonly held: ReadonlySet<number>;
	readonly isWhole: boolean;
	readonly isPaused: boolean;
	/** Sources that are up and have not lied. */
	readonly sources: number;
}

/** Chunks asked of one source at once, as soon as it has sent as many; one at first. */
const WINDOW = 4;
/** Chunks asked or landed in all: so many are in memory at most. */
export const MAX_UNDER_WAY = 16;
/** A source of which no piece came for so long is left alone for a while, ms. */
const SILENT_AFTER = 10_000;
const REST = 5000;
const MAX_REST = 300_000;
/** What a source has that had not all of it is asked again. */
const ASK_EVERY = 30_000;
/** A chunk is taken from a slow source at the earliest after this, ms. */
const SLOW_AFTER = 3000;
const SLOW_AT_FIRST = 10_000;

interface Source {
	readonly isReserve: boolean;
	/** null: not told yet. */
	has: ReadonlySet<number> | null;
	readonly lacks: Set<number>;
	askedAt: number;
	/** When the last piece came, or something was asked of it while nothing else was. */
	heardAt: number;
	restsUntil: number;
	silences: number;
	completed: number;
	/** Mean time for a chunk, ms. */
	pace: number;
}

interface Asked {
	readonly source: string;
	readonly since: number;
	/** A piece of it came. */
	begun: boolean;
	readonly landed: boolean;
	/** Who has been asked for it before, of those who are slow. */
	readonly tried: ReadonlySet<string>;
}

export function createDownload(chunks: number, alreadyHeld: Iterable<number>): Download {
	const held = new Set(alreadyHeld);
	const asked = new Map<number, Asked>();
	const sources = new Map<string, Source>();
	const liars = new Set<string>();
	/** Who was asked for a chunk (and slow) before it came back to be asked of anybody. */
	const triedBefore = new Map<number, ReadonlySet<string>>();
	let preferred = 0;
	let paused = false;
	let wake: number | null = null;
	let told = held.size >= chunks;

	const askedOf = (source: string): number[] =>
		[...asked].flatMap(([chunk, each]) => (each.source === source && !each.landed ? [chunk] : []));
	const windowOf = ({ completed }: Source): number => Math.min(WINDOW, 1 + completed);
	const canGive = ({ has, lacks }: Source, chunk: number): boolean =>
		has?.has(chunk) === true && !lacks.has(chunk);

	/** It may have more by now than it had. */
	const isPartial = ({ has, lacks }: Source): boolean =>
		has === null || has.size < chunks || lacks.size > 0;

	function up(name: string, isReserve: boolean, now: number): DownloadEffect[] {
		if (liars.has(name) || sources.has(name) || told) return [];
		sources.set(name, {
			isReserve,
			has: null,
			lacks: new Set(),
			askedAt: now,
			heardAt: now,
			restsUntil: 0,
			silences: 0,
			completed: 0,
			pace: Infinity,
		});
		return [{ type: 'ask', source: name }];
	}

	/** Gives back what was asked of a source; what has landed is here. */
	function release(name: string): number[] {
		const released = askedOf(name);
		for (const chunk of released) asked.delete(chunk);
		return released;
	}

	const cancelAll = (source: string): DownloadEffect[] =>
		release(source).map((chunk) => ({ type: 'cancel', source, chunk }));

	/** Gives back what nothing has come of yet: something else is wanted first. */
	function putOff(): DownloadEffect[] {
		const effects: DownloadEffect[] = [];
		for (const [chunk, { source, begun, landed: isHere }] of asked) {
			if (begun || isHere) continue;
			asked.delete(chunk);
			effects.push({ type: 'cancel', source, chunk });
		}
		return effects;
	}

	/** Whether what a source sends of a chunk is still wanted of it. */
	const isAskedOf = (source: string, chunk: number): boolean => {
		const each = asked.get(chunk);
		return each?.source === source && !each.landed;
	};

	function landed(name: string, chunk: number, now: number): void {
		const source = sources.get(name);
		const each = asked.get(chunk);
		if (source === undefined || each === undefined || !isAskedOf(name, chunk)) return;
		// Chunks asked one behind the other come one after the other: the time between them counts.
		const took = (now - each.since) / Math.max(1, askedOf(name).length);
		source.pace = source.pace === Infinity ? took : 0.7 * source.pace + 0.3 * took;
		asked.set(chunk, { ...each, landed: true });
	}

	function lied(name: string): DownloadEffect[] {
		const effects = cancelAll(name);
		for (const [chunk, each] of asked) if (each.source === name) asked.delete(chunk);
		liars.add(name);
		sources.delete(name);
		return [...effects, { type: 'refuse', source: name }];
	}

	/** The first chunk that is missing and that this source can give, from the preferred one on. */
	function next(name: string, source: Source, now: number): number | undefined {
		for (let n = 0; n < chunks; n++) {
			const chunk = (preferred + n) % chunks;
			if (held.has(chunk) || asked.has(chunk) || !canGive(source, chunk)) continue;
			if (source.isReserve && isGivenByOthers(chunk, now)) continue;
			if (!isOthersTurn(name, chunk, now)) return chunk;
		}
		return undefined;
	}

	/** Whether a source that isn't in reserve, and wasn't slow with it, can give it now. */
	const isGivenByOthers = (chunk: number, now: number): boolean =>
		[...sources].some(
			([name, source]) =>
				!source.isReserve &&
				source.restsUntil <= now &&
				canGive(source, chunk) &&
				triedBefore.get(chunk)?.has(name) !== true,
		);

	/** Whoever has been slow with a chunk waits until all others had their turn. */
	function isOthersTurn(name: string, chunk: number, now: number): boolean {
		const tried = triedBefore.get(chunk);
		if (tried?.has(name) !== true) return false;
		return [...sources].some(
			([other, source]) => !tried.has(other) && source.restsUntil <= now && canGive(source, chunk),
		);
	}

	/** A chunk that a slower source was asked for long ago; each source takes over a chunk once. */
	function overdue(name: string, source: Source, now: number): number | undefined {
		let found: number | undefined;
		let oldest = Infinity;
		for (const [chunk, { source: other, since, landed: isHere, tried }] of asked) {
			if (isHere || other === name || tried.has(name) || !canGive(source, chunk)) continue;
			const unproven = source.completed === 0;
			if (unproven && (sources.get(other)?.completed ?? 0) > 0) continue;
			if (since >= oldest || now - since < patience(source)) continue;
			found = chunk;
			oldest = since;
		}
		return found;
	}

	const patience = ({ completed, pace }: Source): number =>
		completed === 0 ? SLOW_AT_FIRST : Math.max(SLOW_AFTER, 2 * pace);

	function request(name: string, chunk: number, now: number, tried: Iterable<string>): void {
		const source = sources.get(name);
		if (source !== undefined && askedOf(name).length === 0) source.heardAt = now;
		asked.set(chunk, {
			source: name,
			since: now,
			begun: false,
			landed: false,
			tried: new Set([...tried, name]),
		});
	}

	/** Leaves silent sources alone, asks again what others have, and fills every window. */
	function plan(now: number): DownloadEffect[] {
		const effects: DownloadEffect[] = [];
		if (paused || told) return effects;
		for (const [name, source] of sources) {
			if (askedOf(name).length > 0 && now - source.heardAt >= SILENT_AFTER) {
				effects.push(...cancelAll(name));
				source.restsUntil = now + Math.min(MAX_REST, REST * 2 ** source.silences);
				source.silences += 1;
			}
			if (isPartial(source) && now - source.askedAt >= ASK_EVERY) {
				source.askedAt = now;
				source.lacks.clear();
				effects.push({ type: 'ask', source: name });
			}
		}
		// One each in turn, the quicker first, so that nobody's window takes what another is waiting for.
		const ready = [...sources]
			.filter(([, { restsUntil }]) => restsUntil <= now)
			.sort(([, a], [, b]) => a.pace - b.pace || 0);
		for (let found = true; found && asked.size < MAX_UNDER_WAY;) {
			found = false;
			for (const [name, source] of ready) {
				if (asked.size >= MAX_UNDER_WAY || askedOf(name).length >= windowOf(source)) continue;
				const chunk = next(name, source, now);
				if (chunk === undefined) continue;
				request(name, chunk, now, triedBefore.get(chunk) ?? []);
				effects.push({ type: 'request', source: name, chunk });
				found = true;
			}
		}
		for (const [name, source] of ready) {
			if (askedOf(name).length >= windowOf(source) || next(name, source, now) !== undefined)
				continue;
			const chunk = overdue(name, source, now);
			const slow = chunk === undefined ? undefined : asked.get(chunk);
			if (chunk === undefined || slow === undefined) continue;
			effects.push({ type: 'cancel', source: slow.source, chunk });
			request(name, chunk, now, slow.tried);
			effects.push({ type: 'request', source: name, chunk });
		}
		return effects;
	}

	function nextWake(now: number): number | null {
		if (paused || told || sources.size === 0) return null;
		let at = Infinity;
		for (const [name, source] of sources) {
			if (askedOf(name).length > 0) at = Math.min(at, source.heardAt + SILENT_AFTER);
			if (source.restsUntil > now) at = Math.min(at, source.restsUntil);
			if (isPartial(source)) at = Math.min(at, source.askedAt + ASK_EVERY);
			for (const { since, landed: isHere, source: other } of asked.values()) {
				const due = since + patience(source);
				if (!isHere && other !== name && due > now) at = Math.min(at, due);
			}
		}
		return at === Infinity ? null : Math.max(at, now + 1);
	}

	function handle(event: DownloadEvent, now: number): DownloadEffect[] {
		switch (event.type) {
			case 'up':
				return up(event.source, event.isReserve === true, now);
			case 'down':
				release(event.source);
				sources.delete(event.source);
				return [];
			case 'has': {
				const source = sources.get(event.source);
				if (source !== undefined) source.has = event.chunks;
				return [];
			}
			case 'piece': {
				const source = sources.get(event.source);
				const each = asked.get(event.chunk);
				if (source !== undefined && each !== undefined && isAskedOf(event.source, event.chunk)) {
					source.heardAt = now;
					each.begun = true;
				}
				return [];
			}
			case 'landed':
				landed(event.source, event.chunk, now);
				return [];
			case 'kept': {
				const source = sources.get(asked.get(event.chunk)?.source ?? '');
				if (source !== undefined) {
					source.completed += 1;
					source.silences = 0;
				}
				asked.delete(event.chunk);
				triedBefore.delete(event.chunk);
				held.add(event.chunk);
				if (told || held.size < chunks) return [];
				told = true;
				return [{ type: 'whole' }];
			}
			case 'returned':
				if (asked.get(event.chunk)?.source === event.source) asked.delete(event.chunk);
				return [];
			case 'lacks':
				sources.get(event.source)?.lacks.add(event.chunk);
				if (isAskedOf(event.source, event.chunk)) {
					triedBefore.set(event.chunk, asked.get(event.chunk)?.tried ?? new Set());
					asked.delete(event.chunk);
				}
				return [];
			case 'lied':
				return liars.has(event.source) ? [] : lied(event.source);
			case 'prefer':
				preferred = Math.min(Math.max(0, event.chunk), chunks - 1);
				return held.has(preferred) || asked.has(preferred) ? [] : putOff();
			case 'pause': {
				paused = true;
				return [...sources.keys()].flatMap(cancelAll);
			}
			case 'resume':
				paused = false;
				return [];
			case 'tick':
				return [];
		}
	}

	return {
		step(event, now) {
			const effects = handle(event, now);
			effects.push(...plan(now));
			wake = nextWake(now);
			return effects;
		},
		wakeAt: () => wake,
		held,
		get isWhole() {
			return held.size >= chunks;
		},
		get isPaused() {
			return paused;
		},
		get sources() {
			return sources.size;
		},
	};
}
