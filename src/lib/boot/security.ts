// The locks of an open device: changes its container's slots, watches for idleness, locks and wipes. The parts that
// hardly anybody needs in a session (Argon2id, passkeys, phrases) are fetched when they are. [AT10] [AT12] [AT13]
import { sealBrowserSlot } from '#lib/crypto/container-browser-slot.ts';
import { SLOT_KIND, type Slot } from '#lib/crypto/container-format.ts';
import { openContainer, type SlotChange } from '#lib/crypto/container.ts';
import {
	isPhraseKept,
	keepPhrase,
	type Account,
	type AccountParts,
} from '#lib/messenger/account.ts';
import type { Backups } from '#lib/messenger/backup-api.ts';
import type { Security, SecurityError, SecurityView } from '#lib/messenger/security.ts';
import { watchIdle } from '#lib/platform/idle.ts';
import type { Preferences } from '#lib/state/preferences.ts';
import { createSignal } from '#lib/util/signal.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { loadKeyStretcher, loadPasskeys, mayUsePasskeys } from './ways-in.ts';

export interface SecurityParts {
	readonly account: Account;
	readonly parts: AccountParts;
	readonly preferences: Preferences;
	readonly backups: Backups;
	/** Ends the messenger; nothing is written after it. */
	readonly stop: () => Promise<void>;
	readonly onLocked: () => void;
	readonly wipe: () => Promise<void>;
}

type Done = Result<void, SecurityError>;

const isOf =
	(...kinds: readonly number[]) =>
	({ kind }: Slot): boolean =>
		kinds.includes(kind);

const errorOf = ({ type }: { readonly type: string }): SecurityError => {
	switch (type) {
		case 'wrong':
		case 'last':
		case 'cancelled':
		case 'no-secret':
			return { type };
		case 'stretch':
			return { type: 'memory' };
		default:
			return { type: 'storage' };
	}
};

function readLockAfter(preferences: Preferences): number | null {
	const ms = Number(preferences.read('lock-after') ?? Number.NaN);
	return Number.isFinite(ms) && ms > 0 ? ms : null;
}

export async function createSecurity({
	account,
	parts,
	preferences,
	backups,
	stop,
	onLocked,
	wipe,
}: SecurityParts): Promise<Security> {
	const { container, self } = account;
	const { crypto, random, subtle, clock } = parts;
	let lockAfter = readLockAfter(preferences);
	let phraseKept = await isPhraseKept(account);
	/** Nothing that was under way before may bring it back to life. */
	let isLocked = false;

	const look = (): SecurityView => {
		const { browser, passphrase, passkeys } = container.slots;
		return { passphrase, passkeys, askedAtStart: !browser, phraseKept, lockAfter };
	};
	const view = createSignal<SecurityView>(look());
	const idle = watchIdle(document, clock, () => void lock());
	function publish(): void {
		if (isLocked) return;
		view.set(look());
		idle.set(view.get().askedAtStart ? lockAfter : null);
	}
	publish();

	async function change(wanted: SlotChange): Promise<Done> {
		try {
			const changed = await container.changeSlots(wanted);
			if (!changed.ok) return err(errorOf(changed.error));
			publish();
			return ok();
		} catch (cause) {
			// Locked while a passkey or a passphrase was awaited: the change is off.
			if (isLocked) return err({ type: 'cancelled' });
			throw cause;
		}
	}

	const browserSlot: SlotChange['add'] = async (dataKey) => {
		const { slot, key } = await sealBrowserSlot({ subtle, random }, dataKey);
		return ok({ slot, browserKey: key });
	};

	async function lock(): Promise<void> {
		if (isLocked || !view.get().askedAtStart) return;
		isLocked = true;
		idle.stop();
		await stop();
		container.lock();
		onLocked();
	}

	/** Whether this is the passphrase, where there is one: whoever finds the device open is not to go on with it for ever. */
	async function isKnown(passphrase: string | null): Promise<Done> {
		if (!container.slots.passphrase) return ok();
		const stretcher = await loadKeyStretcher();
		const { byPassphrase } = await import('#lib/crypto/container-passphrase-slot.ts');
		const opener = byPassphrase({ crypto, stretcher }, passphrase ?? '');
		const opened = await openContainer(parts, opener);
		if (!opened.ok) return err(errorOf(opened.error));
		opened.value.lock();
		return ok();
	}

	return {
		backups,
		view,
		confirm: isKnown,
		mayUsePasskeys: mayUsePasskeys(),
		async setPassphrase(next, { current, askAtStart }) {
			const known = await isKnown(current);
			if (!known.ok) return known;
			const stretcher = await loadKeyStretcher();
			const { sealPassphraseSlot } = await import('#lib/crypto/container-passphrase-slot.ts');
			const left = isOf(SLOT_KIND.passphrase, ...(askAtStart ? [SLOT_KIND.browser] : []));
			return change({
				without: left,
				async add(dataKey) {
					const sealed = await sealPassphraseSlot({ crypto, random, stretcher }, next, dataKey);
					return sealed.ok ? ok({ slot: sealed.value }) : sealed;
				},
			});
		},
		async removePassphrase(passphrase) {
			const known = await isKnown(passphrase);
			if (!known.ok) return known;
			return change({
				without: isOf(SLOT_KIND.passphrase, SLOT_KIND.passkey, SLOT_KIND.browser),
				add: browserSlot,
			});
		},
		askAtStart: (asked) =>
			change(
				asked
					? { without: isOf(SLOT_KIND.browser) }
					: { without: isOf(SLOT_KIND.browser), add: browserSlot },
			),
		async addPasskey() {
			const passkeys = await loadPasskeys(random);
			const { sealPasskeySlot } = await import('#lib/crypto/container-passkey-slot.ts');
			return change({
				async add(dataKey) {
					const sealed = await sealPasskeySlot({ crypto, random, passkeys }, self.name, dataKey);
					return sealed.ok ? ok({ slot: sealed.value }) : sealed;
				},
			});
		},
		removePasskeys: () => change({ without: isOf(SLOT_KIND.passkey) }),
		async phrase(passphrase) {
			const known = await isKnown(passphrase);
			if (!known.ok) return known;
			const { phraseOf } = await import('#lib/crypto/recovery-phrase.ts');
			return ok(phraseOf(container.secrets.rootSeed));
		},
		async isWord(at, word) {
			const { phraseOf } = await import('#lib/crypto/recovery-phrase.ts');
			return phraseOf(container.secrets.rootSeed)[at] === word;
		},
		phraseQuiz() {
			const places = new Set<number>();
			while (places.size < 3) places.add((random.bytes(1)[0] ?? 0) % 24);
			return [...places].sort((a, b) => a - b);
		},
		async keepPhrase() {
			const kept = await keepPhrase(account, clock);
			if (!kept.ok) return err({ type: 'storage' });
			phraseKept = true;
			publish();
			return ok();
		},
		lockAfter(ms) {
			lockAfter = ms;
			preferences.write('lock-after', ms === null ? null : String(ms));
			publish();
		},
		lock,
		async wipe() {
			isLocked = true;
			idle.stop();
			await stop();
			container.lock();
			await wipe();
		},
	};
}
