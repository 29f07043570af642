// The ways into the container that need more code than most sessions do, each fetched when it is wanted.
import type { SlotOpener } from '#lib/crypto/container-slots.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { KeyStretcher } from '#lib/ports/key-stretcher.ts';
import type { Passkeys } from '#lib/ports/passkeys.ts';
import type { Random } from '#lib/ports/random.ts';

export type Way =
	| { readonly by: 'browser' }
	| { readonly by: 'passphrase'; readonly passphrase: string }
	| { readonly by: 'passkey' };

let stretcher: KeyStretcher | undefined;

/** One for the page: the policy that lets its worker through can be made once. */
export async function loadKeyStretcher(): Promise<KeyStretcher> {
	const { createKeyStretcher } = await import('#lib/platform/key-stretcher.ts');
	return (stretcher ??= createKeyStretcher());
}

export async function loadPasskeys(random: Random): Promise<Passkeys> {
	const { createPasskeys } = await import('#lib/platform/web-authn.ts');
	return createPasskeys(navigator.credentials, random);
}

/** This browser, at this address, has passkeys; which of them give secrets shows only when one is made. */
export const mayUsePasskeys = (): boolean =>
	isSecureContext &&
	typeof PublicKeyCredential === 'function' &&
	// An address of numbers is nobody's name.
	!/^(\d+\.){3}\d+$|^\[/.test(location.hostname);

/** undefined: the browser's own. */
export async function openerFor(
	way: Way,
	parts: { readonly crypto: CryptoProvider; readonly random: Random },
): Promise<SlotOpener | undefined> {
	switch (way.by) {
		case 'passphrase': {
			const { byPassphrase } = await import('#lib/crypto/container-passphrase-slot.ts');
			const { crypto } = parts;
			return byPassphrase({ crypto, stretcher: await loadKeyStretcher() }, way.passphrase);
		}
		case 'passkey': {
			const { byPasskey } = await import('#lib/crypto/container-passkey-slot.ts');
			return byPasskey({ crypto: parts.crypto, passkeys: await loadPasskeys(parts.random) });
		}
		case 'browser':
			return undefined;
	}
}
