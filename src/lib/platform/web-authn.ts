// Passkeys by WebAuthn with its PRF extension. Nothing is asked of a server: the challenge is for nobody. [AT9]
import type { PasskeyError, Passkeys, PasskeySecret } from '#lib/ports/passkeys.ts';
import type { Random } from '#lib/ports/random.ts';
import { toBase64Url, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** How long the person has for it, ms. */
const PATIENCE = 120_000;
/** Ed25519, ECDSA with P-256, RSA: what there is. */
const ALGORITHMS = [-8, -7, -257];

type Asked = Result<PublicKeyCredential, PasskeyError>;

async function credential(asking: Promise<Credential | null>): Promise<Asked> {
	try {
		const answer = await asking;
		if (answer instanceof PublicKeyCredential) return ok(answer);
		return err({ type: 'cancelled', detail: 'no passkey came' });
	} catch (cause) {
		return err({
			type: 'cancelled',
			detail: cause instanceof Error ? cause.message : String(cause),
		});
	}
}

function secretOf(answer: PublicKeyCredential): PasskeySecret | undefined {
	const first = answer.getClientExtensionResults().prf?.results?.first;
	if (first === undefined) return undefined;
	const bytes =
		first instanceof ArrayBuffer
			? new Uint8Array(first)
			: new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
	if (bytes.length !== 32) return undefined;
	return { credential: new Uint8Array(answer.rawId), secret: bytes.slice() };
}

export function createPasskeys(credentials: CredentialsContainer, random: Random): Passkeys {
	async function ask(
		keys: readonly { readonly credential: Bytes; readonly salt: Bytes }[],
	): Promise<Result<PasskeySecret, PasskeyError>> {
		const answer = await credential(
			credentials.get({
				publicKey: {
					challenge: random.bytes(32),
					timeout: PATIENCE,
					userVerification: 'required',
					allowCredentials: keys.map(({ credential: id }) => ({ type: 'public-key', id })),
					extensions: {
						prf: {
							evalByCredential: Object.fromEntries(
								keys.map(({ credential: id, salt }) => [toBase64Url(id), { first: salt }]),
							),
						},
					},
				},
			}),
		);
		if (!answer.ok) return answer;
		const secret = secretOf(answer.value);
		return secret ? ok(secret) : err({ type: 'no-secret', detail: 'the passkey gives no secret' });
	}

	return {
		ask,
		async create(name, salt) {
			const made = await credential(
				credentials.create({
					publicKey: {
						rp: { name: 'Aegis' },
						user: { id: random.bytes(16), name, displayName: name },
						challenge: random.bytes(32),
						timeout: PATIENCE,
						pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
						authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
						extensions: { prf: { eval: { first: salt } } },
					},
				}),
			);
			if (!made.ok) return made;
			const secret = secretOf(made.value);
			if (secret !== undefined) return ok(secret);
			if (made.value.getClientExtensionResults().prf?.enabled !== true) {
				return err({ type: 'no-secret', detail: 'the passkey gives no secret' });
			}
			// Some give it only when asked a second time.
			return ask([{ credential: new Uint8Array(made.value.rawId), salt }]);
		},
	};
}
