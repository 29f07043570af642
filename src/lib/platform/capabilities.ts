// What this browser lacks. Tried rather than looked up where a name may promise too much.

/**
 * Without these nothing works: secure-context (an https or localhost address), web-crypto, indexed-db (switched off,
 * or unable to keep a key), web-locks. Without these something else does the work, or is left out: ed25519, x25519
 * (slower code steps in), web-rtc (relays carry everything), service-worker (no offline start, no installation).
 */
export type Capability = (typeof ESSENTIAL)[number] | (typeof HELPFUL)[number];

const ESSENTIAL = ['secure-context', 'web-crypto', 'indexed-db', 'web-locks'] as const;
const HELPFUL = ['ed25519', 'x25519', 'web-rtc', 'service-worker'] as const;

export interface Missing {
	readonly capability: Capability;
	readonly essential: boolean;
}

/** The parts of a page's global scope that are asked; each may be absent, whatever the types of a browser say. */
export interface Scope {
	readonly isSecureContext?: boolean;
	readonly crypto?: { readonly subtle?: SubtleCrypto };
	readonly indexedDB?: IDBFactory;
	readonly RTCPeerConnection?: unknown;
	readonly navigator?: { readonly serviceWorker?: unknown; readonly locks?: unknown };
}

const PROBE = 'aegis-probe';

/** In the order of Capability: essential ones first. Leaves nothing behind. */
export async function missingCapabilities(scope: Scope = globalThis): Promise<readonly Missing[]> {
	const subtle = scope.crypto?.subtle;
	// Each is asked while the others answer: all of starting waits for this.
	const keeping = (async () => {
		const key = subtle && (await aesKey(subtle));
		return { key, rows: await keepsRows(scope, key) };
	})();
	const [{ key, rows }, ed25519, x25519] = await Promise.all([
		keeping,
		subtle !== undefined && generates(subtle, 'Ed25519', ['sign', 'verify']),
		subtle !== undefined && generates(subtle, 'X25519', ['deriveBits']),
	]);
	const has: Record<Capability, boolean> = {
		'secure-context': scope.isSecureContext === true,
		'web-crypto': key !== undefined,
		'indexed-db': rows,
		'web-locks': scope.navigator?.locks !== undefined,
		ed25519,
		x25519,
		'web-rtc': typeof scope.RTCPeerConnection === 'function',
		'service-worker': scope.navigator?.serviceWorker !== undefined,
	};
	return [
		...ESSENTIAL.map((capability) => ({ capability, essential: true })),
		...HELPFUL.map((capability) => ({ capability, essential: false })),
	].filter(({ capability }) => !has[capability]);
}

async function aesKey(subtle: SubtleCrypto): Promise<CryptoKey | undefined> {
	try {
		return await subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
			'encrypt',
			'decrypt',
		]);
	} catch {
		return undefined;
	}
}

async function generates(
	subtle: SubtleCrypto,
	algorithm: string,
	usages: KeyUsage[],
): Promise<boolean> {
	try {
		await subtle.generateKey(algorithm, false, usages);
		return true;
	} catch {
		return false;
	}
}

/** Writes and reads one row; private windows of some browsers have the interface and refuse the work. */
async function keepsRows(scope: Scope, key: CryptoKey | undefined): Promise<boolean> {
	try {
		const factory = scope.indexedDB;
		if (factory === undefined) return false;
		const opening = factory.open(PROBE, 1);
		opening.onupgradeneeded = () => void opening.result.createObjectStore('probe');
		const database = await answer(opening);
		try {
			const rows = database.transaction('probe', 'readwrite').objectStore('probe');
			await answer(rows.put({ key: key ?? null }, 1));
			const row = (await answer(rows.get(1))) as { readonly key: CryptoKey | null } | undefined;
			return row !== undefined && (key === undefined || row.key !== null);
		} finally {
			database.close();
			factory.deleteDatabase(PROBE);
		}
	} catch {
		return false;
	}
}

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
	new Promise((resolve, reject) => {
		request.onsuccess = () => {
			resolve(request.result);
		};
		request.onerror = () => {
			reject(request.error ?? new Error('refused'));
		};
	});
