// Puts the vectors to a backend and notes every answer that is not the one the file gives. Runs in Node and in pages:
// the files' contents are handed in.
import type { Gcm } from '#lib/crypto/gcm-key.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import { concat, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Files, Group } from './files.ts';

/** An answer that differs: `file#test`, what the file says, and what the backend said. */
export interface Difference {
	readonly id: string;
	readonly file: string;
	readonly ours: string;
}

export interface Report {
	/** Tests put to the backend, by file. */
	readonly ran: Readonly<Record<string, number>>;
	readonly differences: readonly Difference[];
}

/** Suites that the protocol uses: AES-GCM with 256-bit keys, 96-bit nonces, 128-bit tags. */
const isOurGcm = (group: Group): boolean =>
	group.keySize === 256 && group.ivSize === 96 && group.tagSize === 128;

function hex(text: string): Bytes {
	const bytes = fromHex(text);
	if (bytes === undefined) throw new Error(`not hex: ${text}`);
	return bytes;
}

/** What came out, in hex; `refused` for undefined, `threw` where it threw. */
async function answer(ask: () => unknown): Promise<string> {
	try {
		const said = await ask();
		if (said === undefined) return 'refused';
		if (said instanceof Uint8Array) return toHex(said);
		return said === true ? 'valid' : said === false ? 'invalid' : 'neither bytes nor verdict';
	} catch {
		return 'threw';
	}
}

function createNotes(): {
	note(file: string, test: string | number, expected: string, ours: string): void;
	report(): Report;
} {
	const ran: Record<string, number> = {};
	const differences: Difference[] = [];
	return {
		note(file, test, expected, ours) {
			ran[file] = (ran[file] ?? 0) + 1;
			if (ours !== expected) differences.push({ id: `${file}#${test}`, file: expected, ours });
		},
		report: () => ({ ran, differences }),
	};
}

/** Every vector of what a provider does. */
export async function runProvider(crypto: CryptoProvider, files: Files): Promise<Report> {
	const { note, report } = createNotes();

	for (const group of files.ed25519.testGroups) {
		for (const { tcId, msg, sig, result } of group.tests) {
			const key = hex(group.publicKey.pk);
			const ours = await answer(() => crypto.verify(key, hex(msg), hex(sig)));
			note('ed25519', tcId, result, ours);
		}
	}
	for (const [number, { pub_key, message, signature }] of files.speccheck.entries()) {
		const ours = await answer(() => crypto.verify(hex(pub_key), hex(message), hex(signature)));
		// The file gives no verdicts. Ours is that of [KY2] and [KY3]: none of these is acceptable to everybody.
		note('speccheck', number, 'invalid', ours);
	}
	for (const { id, seed, publicKey, message, signature } of files.rfc8032.sign) {
		const key = await crypto.signingKey(hex(seed));
		note('rfc8032', `${id} key`, publicKey, toHex(key.publicKey));
		note('rfc8032', `${id} sign`, signature, await answer(() => key.sign(hex(message))));
		const verdict = await answer(() => crypto.verify(hex(publicKey), hex(message), hex(signature)));
		note('rfc8032', `${id} verify`, 'valid', verdict);
	}

	const agree = (scalar: string, u: string): Promise<string> =>
		answer(async () => (await crypto.agreementKey(hex(scalar))).agree(hex(u)));
	for (const { tests } of files.x25519.testGroups) {
		for (const test of tests) {
			note('x25519', test.tcId, test.shared, await agree(test.private, test.public));
		}
	}
	for (const { id, scalar, u, result } of files.rfc7748.scalarMult) {
		note('rfc7748', id, result, await agree(scalar, u));
	}
	for (const { id, seed, publicKey } of files.rfc7748.publicKeys) {
		const key = await crypto.agreementKey(hex(seed));
		note('rfc7748', `${id} key`, publicKey, toHex(key.publicKey));
	}
	for (const { times, result } of files.rfc7748.iterated) {
		let [k, u] = [`09${'00'.repeat(31)}`, `09${'00'.repeat(31)}`];
		for (let time = 0; time < times; time++) [k, u] = [await agree(k, u), k];
		note('rfc7748', `${times} times`, result, k);
	}

	for (const { tests } of files.hkdf.testGroups) {
		for (const { tcId, ikm, salt, info, size, okm, result } of tests) {
			const ours = await answer(() => crypto.hkdf(hex(ikm), hex(salt), hex(info), size));
			note('hkdf', tcId, result === 'valid' ? okm : 'threw', ours);
		}
	}
	for (const { id, ikm, salt, info, okm } of files.rfc5869.hkdf) {
		const ours = await answer(() => crypto.hkdf(hex(ikm), hex(salt), hex(info), okm.length / 2));
		note('rfc5869', id, okm, ours);
	}

	for (const { tests } of files.hmac.testGroups) {
		for (const { tcId, key, msg, tag, result } of tests) {
			const full = await answer(() => crypto.hmac(hex(key), hex(msg)));
			note('hmac', tcId, result, full.startsWith(tag) ? 'valid' : 'invalid');
		}
	}
	for (const { id, key, message, tag } of files.rfc4231.hmac) {
		const full = await answer(() => crypto.hmac(hex(key), hex(message)));
		note('rfc4231', id, tag, full.slice(0, tag.length));
	}
	for (const { id, message, digest } of files.fips180.sha256) {
		note('fips180', id, digest, await answer(() => crypto.sha256(hex(message))));
		const [first, rest] = [hex(message).slice(0, 3), hex(message).slice(3)];
		note('fips180', `${id}, in parts`, digest, await answer(() => crypto.sha256(first, rest)));
	}

	for (const { id, key, nonce, plain, box } of files.secretbox.secretbox) {
		const [k, n] = [hex(key), hex(nonce)];
		note('secretbox', id, box, await answer(() => crypto.seal(k, n, hex(plain))));
		note('secretbox', `${id} open`, plain, await answer(() => crypto.open(k, n, hex(box))));
		for (let bit = 0; bit < box.length * 4; bit++) {
			const changed = hex(box);
			changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
			const ours = await answer(() => crypto.open(k, n, changed));
			note('secretbox', `${id} bit ${bit}`, 'refused', ours);
		}
	}
	return report();
}

/** The vectors of AES-GCM whose sizes are those of the protocol. */
export async function runGcm(gcm: Gcm, files: Files): Promise<Report> {
	const { note, report } = createNotes();
	for (const { tests } of files.aesGcm.testGroups.filter(isOurGcm)) {
		for (const { tcId, key, iv, aad, msg, ct, tag, result } of tests) {
			const opened = await gcm(hex(key));
			const sealed = concat(hex(ct), hex(tag));
			const ours = await answer(() => opened.open(hex(iv), sealed, hex(aad)));
			note('aes-gcm', `${tcId} open`, result === 'valid' ? msg : 'refused', ours);
			if (result !== 'valid') continue;
			const made = await answer(() => opened.seal(hex(iv), hex(msg), hex(aad)));
			note('aes-gcm', `${tcId} seal`, toHex(sealed), made);
		}
	}
	return report();
}
