// How much one address, one mailbox and everybody together may ask of a relay: token buckets, and connections at once.
// Addresses are opaque names that the transport gives. In memory only. [MB27]
import type { QuotaLimits, Rate } from './limits.ts';
import type { Clock } from '#lib/ports/clock.ts';

/** Seconds to wait, at least 1; 0: go on. */
export type Wait = number;

export interface Bucket {
	level: number;
	/** When that was its level, ms. */
	at: number;
}

const MAX_WAIT = 3600;

const levelOf = (bucket: Bucket, { perSecond, burst }: Rate, now: number): number =>
	Math.min(burst, bucket.level + (Math.max(0, now - bucket.at) / 1000) * perSecond);
const waitFor = (level: number, amount: number, perSecond: number): Wait =>
	level >= amount ? 0 : Math.min(MAX_WAIT, Math.max(1, Math.ceil((amount - level) / perSecond)));

export const fullBucket = ({ burst }: Rate, now: number): Bucket => ({ level: burst, at: now });

/** Takes that much out of the bucket, if it is in there. */
export function takeFrom(bucket: Bucket, rate: Rate, now: number, amount: number): Wait {
	const level = levelOf(bucket, rate, now);
	const wait = waitFor(level, amount, rate.perSecond);
	bucket.level = wait === 0 ? level - amount : level;
	bucket.at = now;
	return wait;
}

export interface Buckets {
	/** Takes that much out of the key's bucket, if it is in there. */
	take(key: string, amount: number): Wait;
	/** What `take` would say. */
	wait(key: string, amount: number): Wait;
}

/** One bucket for each key, full at first; of more than `keys` of them the one that was used least recently is forgotten. */
export function createBuckets(clock: Clock, rate: Rate, keys: number): Buckets {
	const buckets = new Map<string, Bucket>();
	return {
		wait: (key, amount) => {
			const bucket = buckets.get(key);
			const level = bucket === undefined ? rate.burst : levelOf(bucket, rate, clock.now());
			return waitFor(level, amount, rate.perSecond);
		},
		take: (key, amount) => {
			const now = clock.now();
			const bucket = buckets.get(key) ?? fullBucket(rate, now);
			// At the end of the map are those used last.
			buckets.delete(key);
			buckets.set(key, bucket);
			const [oldest] = buckets.keys();
			if (buckets.size > keys && oldest !== undefined) buckets.delete(oldest);
			return takeFrom(bucket, rate, now, amount);
		},
	};
}

export interface Quotas {
	/** Another connection from there; if it may, `left` is to be called once. */
	came(from: string): Wait;
	left(from: string): void;
	/** Whether one more mailbox may be made. */
	mayOpen(from: string): Wait;
	opened(from: string): void;
	/** A packet or chunk for a mailbox (hex); `stored`: so many bytes of it are kept. */
	put(from: string, mailbox: string, stored: number): Wait;
	wrongProof(from: string): void;
	/** Addresses with a connection. */
	addresses(): number;
}

const ALL = '';

export function createQuotas(clock: Clock, limits: QuotaLimits): Quotas {
	const { address, mailbox, relay, remembered } = limits;
	const connections = new Map<string, number>();
	const connects = createBuckets(clock, address.connects, remembered);
	const opens = createBuckets(clock, address.opens, remembered);
	const puts = createBuckets(clock, address.puts, remembered);
	const bytes = createBuckets(clock, address.bytes, remembered);
	const wrongProofs = createBuckets(clock, address.wrongProofs, remembered);
	const mailboxPuts = createBuckets(clock, mailbox.puts, remembered);
	const allPuts = createBuckets(clock, relay.puts, 1);
	const allOpens = createBuckets(clock, relay.opens, 1);

	return {
		came: (from) => {
			const guessing = wrongProofs.wait(from, 1);
			if (guessing > 0) return guessing;
			const before = connections.get(from) ?? 0;
			if (before >= address.connections) return address.retryConnection;
			const wait = connects.take(from, 1);
			if (wait === 0) connections.set(from, before + 1);
			return wait;
		},
		left: (from) => {
			const rest = (connections.get(from) ?? 0) - 1;
			if (rest > 0) connections.set(from, rest);
			else connections.delete(from);
		},
		mayOpen: (from) => Math.max(opens.wait(from, 1), allOpens.wait(ALL, 1)),
		opened: (from) => {
			opens.take(from, 1);
			allOpens.take(ALL, 1);
		},
		put: (from, box, stored) => {
			const waits = [
				puts.wait(from, 1),
				bytes.wait(from, stored),
				mailboxPuts.wait(box, 1),
				allPuts.wait(ALL, 1),
			];
			const wait = Math.max(...waits);
			if (wait > 0) return wait;
			puts.take(from, 1);
			if (stored > 0) bytes.take(from, stored);
			mailboxPuts.take(box, 1);
			allPuts.take(ALL, 1);
			return 0;
		},
		wrongProof: (from) => {
			wrongProofs.take(from, 1);
		},
		addresses: () => connections.size,
	};
}
