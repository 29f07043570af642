// Doubles for what makes keys: a stretcher that is quick and tells what it was asked, and an authenticator in memory.
import { createHash, createHmac } from 'node:crypto';
import type { KeyStretcher, StretchCost } from '#lib/ports/key-stretcher.ts';
import type { Passkeys } from '#lib/ports/passkeys.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import { err, ok } from '#lib/util/result.ts';

export interface FakeStretcher extends KeyStretcher {
	readonly asked: StretchCost[];
}

export function createFakeStretcher(): FakeStretcher {
	const asked: StretchCost[] = [];
	return {
		asked,
		async stretch(passphrase, salt, cost) {
			asked.push(cost);
			const hash = createHash('sha256')
				.update(salt)
				.update(JSON.stringify(cost))
				.update(passphrase);
			return Promise.resolve(ok(new Uint8Array(hash.digest())));
		},
	};
}

export interface FakePasskeys extends Passkeys {
	/** Loses all that it holds. */
	forget(): void;
}

export function createFakePasskeys(bytes: (length: number) => Bytes): FakePasskeys {
	let held: { credential: Bytes; seed: Bytes }[] = [];
	const secret = (seed: Bytes, salt: Bytes): Bytes =>
		new Uint8Array(createHmac('sha256', seed).update(salt).digest());
	return {
		async create(_name, salt) {
			const made = { credential: bytes(20), seed: bytes(32) };
			held.push(made);
			const { credential } = made;
			return Promise.resolve(ok({ credential, secret: secret(made.seed, salt) }));
		},
		async ask(keys) {
			for (const { credential, salt } of keys) {
				const found = held.find((each) => equal(each.credential, credential));
				if (found) return Promise.resolve(ok({ credential, secret: secret(found.seed, salt) }));
			}
			return Promise.resolve(err({ type: 'cancelled', detail: 'none of them is here' }));
		},
		forget() {
			held = [];
		},
	};
}
