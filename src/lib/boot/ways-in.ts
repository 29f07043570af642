// The ways into the container that need more code than most sessions do, each fetched when it is wanted.
import type { SlotOpener } from '#lib/crypto/container-slots.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { ok } from '#lib/util/result.ts';
import type { KeyStretcher } from '#lib/ports/key-stretcher.ts';
import type { Passkeys } from '#lib/ports/passkeys.ts';
import type { Random } from '#lib/ports/random.ts';

export type Way =
	| { readonly by: 'browser' }
	| { readonly by: 'passphrase'; readonly passphrase: string }
	| { readonly by: 'passkey' };

export interface RememberedWay {
	/** Asks once; what that found opens from then on. */
	readonly opener: SlotOpener;
	forget(): void;
}

/** For keys that have nothing beside them: who has shown a passkey isn't to be asked again a minute later. [EV2] */
export function remember(opener: SlotOpener): RememberedWay {
	let dataKey: Bytes | undefined;
	return {
		async opener(here) {
			if (dataKey !== undefined) return ok(dataKey.slice());
			const opened = await opener(here);
			if (opened.ok) dataKey = opened.value.slice();
			return opened;
		},
		forget() {
			dataKey?.fill(0);
			dataKey = undefined;
		},
	};
}

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
