// The keys with which this device receives in one space: a fresh one now and then, the earlier ones for as long as somebody
// may still have wrapped something for them, and then none of them any more. Knows neither clock nor network. [PK4] [PK5]
import { makePrekey } from '#lib/crypto/identity.ts';
import { PREKEY_GRACE } from '#lib/protocol/limits.ts';
import type { Prekey } from '#lib/protocol/identity.ts';
import type { AgreementKey, CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';

/** A private half, as it is kept. */
export interface HeldPrekey {
	readonly seed: Bytes;
	/** The record's time, ms. */
	readonly time: number;
	/** When somebody was first told of it, ms by the own clock; null: nobody has been yet. */
	readonly toldAt: number | null;
}

/** Both change together, and are kept in one row. */
export interface PrekeySeries {
	/** Newest first. */
	readonly held: readonly HeldPrekey[];
	/** Of the newest. */
	readonly record: Prekey;
}

export interface OwnPrekeys extends Iterable<AgreementKey> {
	/** What others are to wrap for. */
	readonly record: Prekey;
	/** When somebody was first told of it, ms by the own clock; null: nobody has been yet. */
	readonly toldAt: number | null;
	/** A fresh one, later than `above` too; false when it could not be kept: then all is as before. */
	renew(now: number, above?: number): Promise<boolean>;
	told(now: number): Promise<void>;
	/** From when on (ms) an earlier one may go; null: there is none that may ever, as things are. */
	overAt(): number | null;
	/** Everything that was wrapped for those that are over by now has come: they go. */
	forget(now: number): Promise<void>;
}

/** More are never made: those before must go first. */
export const MAX_HELD = 64;

export interface SeriesParts {
	readonly crypto: CryptoProvider;
	readonly random: Random;
	readonly device: SigningKey;
	readonly rootKey: Bytes;
	/** Makes the change durable, or not at all. */
	keep(series: PrekeySeries): Promise<boolean>;
}

/** The first of a series; it is told in what lets the device in. */
export async function beginSeries(
	{ crypto, random, device, rootKey }: Omit<SeriesParts, 'keep'>,
	now: number,
	earlier: readonly HeldPrekey[] = [],
): Promise<PrekeySeries> {
	const time = Math.max(now, 1 + (earlier[0]?.time ?? -1));
	const made = await makePrekey(crypto, random, device, rootKey, time);
	const held = [{ ...made.secret, toldAt: now }, ...earlier].slice(0, MAX_HELD);
	return { held, record: made.record };
}

/** `others`: keys that open as well, and that are not this series' to forget. */
export async function createOwnPrekeys(
	parts: SeriesParts,
	initial: PrekeySeries,
	others: Iterable<AgreementKey> = [],
): Promise<OwnPrekeys> {
	const { crypto } = parts;
	let series = initial;
	let keys = await Promise.all(series.held.map(({ seed }) => crypto.agreementKey(seed)));
	/** Changes follow one another. */
	let last: Promise<unknown> = Promise.resolve();

	function change(next: () => Promise<PrekeySeries | null>): Promise<boolean> {
		const turn = last.then(async () => {
			const made = await next();
			if (made === null || !(await parts.keep(made))) return false;
			const known = new Map(series.held.map(({ seed }, n) => [seed, keys[n]]));
			const opening = made.held.map(
				async ({ seed }) => known.get(seed) ?? crypto.agreementKey(seed),
			);
			keys = await Promise.all(opening);
			const left = new Set(made.held.map(({ seed }) => seed));
			for (const { seed } of series.held) if (!left.has(seed)) seed.fill(0);
			series = made;
			return true;
		});
		last = turn.catch(() => undefined);
		return turn;
	}

	/** When one's successor, or one that came after that, was told to somebody. */
	const succeededAt = (n: number): number =>
		Math.min(...series.held.slice(0, n).map(({ toldAt }) => toldAt ?? Infinity));

	return {
		[Symbol.iterator]: () => [...keys, ...others].values(),
		get record() {
			return series.record;
		},
		get toldAt() {
			return series.held[0]?.toldAt ?? null;
		},
		renew: (now, above = 0) =>
			change(async () => {
				if (series.held.length >= MAX_HELD) return null;
				const time = Math.max(now, series.record.time + 1, above + 1);
				const { device, rootKey, random } = parts;
				const { record, secret } = await makePrekey(crypto, random, device, rootKey, time);
				return { record, held: [{ ...secret, toldAt: null }, ...series.held] };
			}),
		async told(now) {
			await change(() => {
				const [newest, ...earlier] = series.held;
				if (newest === undefined || newest.toldAt !== null) return Promise.resolve(null);
				return Promise.resolve({ ...series, held: [{ ...newest, toldAt: now }, ...earlier] });
			});
		},
		overAt() {
			const ends = series.held.map((_, n) => succeededAt(n) + PREKEY_GRACE);
			const first = Math.min(...ends);
			return first === Infinity ? null : first;
		},
		async forget(now) {
			await change(() => {
				const held = series.held.filter((_, n) => succeededAt(n) + PREKEY_GRACE > now);
				const isSame = held.length === series.held.length;
				return Promise.resolve(isSame ? null : { ...series, held });
			});
		},
	};
}
