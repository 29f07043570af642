// Verifying people: the number and the code to compare, who was verified, and the warnings that follow. [SN1] … [SN5]
import { safetyNumber } from '#lib/crypto/safety-number.ts';
import {
	compareSafetyCode,
	encodeSafetyCode,
	type SafetyMatch,
} from '#lib/protocol/safety-code.ts';
import type { PersonState } from '#lib/crdt/authority-state.ts';
import type { Ledger } from '#lib/crdt/ledger.ts';
import { createSignal, type Readable, type Signal } from '#lib/util/signal.ts';
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { Ports, Self } from './ports.ts';
import type { VerifiedPeople } from './verified.ts';
import { noting, warningsIn, type Warning } from './warnings.ts';

export interface SafetyView {
	/** 12 groups of 5 digits, the same for both. */
	readonly number: readonly string[];
	/** What the QR code says that I show. */
	readonly code: string;
}

/** The device could not keep it. */
export interface NotKept {
	readonly type: 'storage';
}

export interface Verification {
	with(rootHash: string): SafetyView;
	/** What a code says that should be theirs. */
	compare(rootHash: string, read: string): SafetyMatch;
	set(rootHash: string, verified: boolean): Promise<Result<void, NotKept>>;
	warnings(space: string): Readable<readonly Warning[]>;
	/** Takes note of a warning: it is gone for good, until there is something else to warn of. */
	note(space: string, warning: Warning): Promise<Result<void, NotKept>>;
}

export interface LiveVerification extends Verification {
	/** The authority log of a space changed. */
	update(space: string): void;
	stop(): void;
}

export function createVerification(
	{ crypto, clock }: Pick<Ports, 'crypto' | 'clock'>,
	self: Pick<Self, 'rootHash'>,
	verified: VerifiedPeople,
	world: {
		ledger(space: string): Ledger | undefined;
		/** Of all spaces. */
		ledgers(): readonly Ledger[];
		/** Somebody was verified, or is no longer. */
		onChange(): void;
	},
): LiveVerification {
	const own = toHex(self.rootHash);
	const signals = new Map<string, Signal<readonly Warning[]>>();

	const bytesOf = (rootHash: string): Bytes => fromHex(rootHash) ?? new Uint8Array(32);
	const knownAs = (rootHash: string): PersonState[] =>
		world.ledgers().flatMap(({ authority }) => authority.people.get(rootHash) ?? []);

	function update(space: string): void {
		const ledger = world.ledger(space);
		const warnings = ledger === undefined ? [] : warningsIn(ledger, own, verified.all());
		const signal = signals.get(space);
		// The same warnings are no news.
		if (JSON.stringify(signal?.get()) !== JSON.stringify(warnings)) signal?.set(warnings);
	}

	const stopWatching = verified.watch(() => {
		for (const space of signals.keys()) update(space);
		world.onChange();
	});

	async function keep(
		rootHash: string,
		person: Parameters<VerifiedPeople['set']>[1],
	): Promise<Result<void, NotKept>> {
		const kept = await verified.set(rootHash, person);
		return kept.ok ? ok() : err({ type: 'storage' });
	}

	return {
		with: (rootHash) => ({
			number: safetyNumber(crypto, self.rootHash, bytesOf(rootHash)),
			code: encodeSafetyCode(self.rootHash, bytesOf(rootHash)),
		}),
		compare: (rootHash, read) => compareSafetyCode(read, self.rootHash, bytesOf(rootHash)),
		set(rootHash, isVerified) {
			if (!isVerified) return keep(rootHash, null);
			const known = knownAs(rootHash);
			const devices = known.flatMap((person) => person.devices);
			const keys = (which: PersonState['devices']): ReadonlySet<string> =>
				new Set(which.map(({ device }) => toHex(device)));
			return keep(rootHash, {
				name: known.find(({ active }) => active)?.name ?? known[0]?.name ?? '',
				since: Math.max(0, Math.floor(clock.now())),
				devices: keys(devices),
				ended: keys(devices.filter(({ active }) => !active)),
				namesakes: new Set(),
			});
		},
		warnings(space) {
			const known = signals.get(space);
			if (known !== undefined) return known;
			const signal = createSignal<readonly Warning[]>([]);
			signals.set(space, signal);
			update(space);
			return signal;
		},
		note(space, warning) {
			const of = warning.type === 'namesake' ? warning.verified : warning.rootHash;
			const person = verified.get(of);
			if (person === undefined) return Promise.resolve(ok());
			const devices = world.ledger(space)?.authority.people.get(of)?.devices ?? [];
			return keep(of, noting(person, warning, devices));
		},
		update,
		stop: stopWatching,
	};
}
