// Verification in the fake messenger: the real numbers and codes of made-up people, and warnings as the scene has them.
import { sha256 } from '@noble/hashes/sha2.js';
import { safetyNumber } from '#lib/crypto/safety-number.ts';
import type { Verification } from '#lib/messenger/verification.ts';
import type { Warning } from '#lib/messenger/warnings.ts';
import { compareSafetyCode, encodeSafetyCode } from '#lib/protocol/safety-code.ts';
import { concat, fromHex, type Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';
import { createSignal, type Signal } from '#lib/util/signal.ts';
import { fakeHash } from './fake-data.ts';

const crypto = {
	sha256: (...parts: readonly Uint8Array[]): Bytes => sha256(concat(...parts)),
};
const root = (hex: string): Bytes => fromHex(hex) ?? new Uint8Array(32);

const WARNINGS: readonly Warning[] = [
	{
		type: 'devices',
		rootHash: fakeHash('mina'),
		name: 'Mina Okafor',
		added: ['Firefox on Android'],
		ended: [],
	},
	{
		type: 'namesake',
		rootHash: fakeHash('kofi'),
		name: 'Mina 0kafor',
		verified: fakeHash('mina'),
		verifiedName: 'Mina Okafor',
	},
];

export function createFakeVerification(
	me: string,
	warned: boolean,
	verify: (rootHash: string, verified: boolean) => void,
): Verification {
	const warnings = new Map<string, Signal<readonly Warning[]>>();
	const warningsOf = (space: string): Signal<readonly Warning[]> => {
		const known = warnings.get(space) ?? createSignal(warned ? WARNINGS : []);
		warnings.set(space, known);
		return known;
	};
	return {
		with: (other) => ({
			number: safetyNumber(crypto, root(me), root(other)),
			code: encodeSafetyCode(root(me), root(other)),
		}),
		compare: (other, read) => compareSafetyCode(read, root(me), root(other)),
		set: async (rootHash, verified) => {
			verify(rootHash, verified);
			return ok();
		},
		warnings: warningsOf,
		note: async (space, warning) => {
			warningsOf(space).update((known) => known.filter((one) => one !== warning));
			return ok();
		},
	};
}
