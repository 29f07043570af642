// What the relay keeps beside its mailboxes: its key, and a certificate it made for itself. [RV2] [RV5]
import { createHash, X509Certificate } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import type { Random } from '#lib/ports/random.ts';
import { DAY } from '#lib/protocol/limits.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface Certificate {
	readonly cert: string;
	readonly key: string;
}

/** Devices refuse certificates that are valid for longer. */
const VALID_DAYS = 397;
const RENEW_DAYS = 30;

export const isMissing = (cause: unknown): boolean =>
	cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';

/** The folder, for this user's eyes only. */
export async function prepareFolder(path: string): Promise<void> {
	await mkdir(path, { recursive: true, mode: 0o700 });
	await chmod(path, 0o700);
}

/** Whole or not at all, also after a power cut; readable by this user only. */
async function writeSecret(path: string, content: string | Uint8Array): Promise<void> {
	const draft = `${path}.new`;
	const file = await open(draft, 'w', 0o600);
	try {
		await file.chmod(0o600);
		await file.writeFile(content);
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(draft, path);
}

/** The seed of the relay's Ed25519 key, 32 bytes; made at the first start. */
export async function relaySeed(folder: string, random: Random): Promise<Result<Bytes, string>> {
	const path = join(folder, 'relay.key');
	try {
		const kept = await readFile(path);
		if (kept.length !== 32) return err(`${path} is not a relay key; restore it or move it away.`);
		return ok(new Uint8Array(kept));
	} catch (cause) {
		if (!isMissing(cause)) throw cause;
	}
	const seed = random.bytes(32);
	await writeSecret(path, seed);
	return ok(seed);
}

/** A certificate of its own for these names and addresses; the kept one for as long as it is valid. */
export async function selfSigned(
	folder: string,
	addresses: readonly string[],
	now: number,
): Promise<Certificate> {
	const path = join(folder, 'self-signed.pem');
	try {
		const kept = await readFile(path, 'utf8');
		const [key = '', cert = ''] = kept.split(/(?=-----BEGIN CERTIFICATE-----)/);
		const until = Date.parse(new X509Certificate(cert).validTo);
		if (until - now > RENEW_DAYS * DAY) return { cert, key };
	} catch {
		// Missing or unreadable: make a new one.
	}
	const names = new Set(['localhost', hostname()]);
	const ips = new Set(['127.0.0.1', '::1']);
	for (const address of addresses) {
		if (/^[\d.]+$|:/.test(address)) ips.add(address);
		else names.add(address);
	}
	const made = await generate([{ name: 'commonName', value: 'Aegis relay' }], {
		keyType: 'ec',
		curve: 'P-256',
		algorithm: 'sha256',
		notBeforeDate: new Date(now - DAY),
		notAfterDate: new Date(now + (VALID_DAYS - 1) * DAY),
		extensions: [
			{ name: 'basicConstraints', cA: false, critical: true },
			{ name: 'keyUsage', digitalSignature: true, critical: true },
			{ name: 'extKeyUsage', serverAuth: true },
			{
				name: 'subjectAltName',
				altNames: [
					...[...names].map((value) => ({ type: 2 as const, value })),
					...[...ips].map((ip) => ({ type: 7 as const, ip })),
				],
			},
		],
	});
	await writeSecret(path, `${made.private.trim()}\n${made.cert.trim()}\n`);
	return { cert: made.cert, key: made.private };
}

/** As libp2p takes it. */
export interface WebRtcCertificate {
	readonly privateKey: string;
	readonly pem: string;
	/** Multibase of the multihash of the certificate's SHA-256: stands in the relay's address. */
	readonly certhash: string;
}

/** Nobody looks at its dates: its hash, which people have in their links, is what makes it good. */
const WEBRTC_DAYS = 36_500;

/** The certificate that the relay's WebRTC address names; made once, and the same for good. */
export async function webRtcCertificate(folder: string, now: number): Promise<WebRtcCertificate> {
	const path = join(folder, 'webrtc.pem');
	const read = async (): Promise<WebRtcCertificate> => {
		const kept = await readFile(path, 'utf8');
		const [privateKey = '', pem = ''] = kept.split(/(?=-----BEGIN CERTIFICATE-----)/);
		const hash = createHash('sha256').update(new X509Certificate(pem).raw).digest();
		const multihash = Buffer.concat([Buffer.from([0x12, hash.length]), hash]);
		return { privateKey, pem, certhash: `u${multihash.toString('base64url')}` };
	};
	try {
		return await read();
	} catch (cause) {
		if (!isMissing(cause)) throw cause;
	}
	const made = await generate([{ name: 'commonName', value: 'Aegis relay' }], {
		keyType: 'ec',
		curve: 'P-256',
		algorithm: 'sha256',
		notBeforeDate: new Date(now - DAY),
		notAfterDate: new Date(now + WEBRTC_DAYS * DAY),
	});
	await writeSecret(path, `${made.private.trim()}\n${made.cert.trim()}\n`);
	return read();
}
