// Whether the browser promises to keep what is stored, and how much of its room is used.

export interface StorageState {
	/** True: kept until the person deletes it. False: the browser may evict it. Undefined: it doesn't say. */
	readonly persisted: boolean | undefined;
	/** Bytes, as far as the browser tells. */
	readonly usage: number | undefined;
	readonly quota: number | undefined;
}

type Asking = Partial<Pick<StorageManager, 'persist' | 'persisted' | 'estimate'>>;

async function orUndefined<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
	try {
		return await answer;
	} catch {
		return undefined;
	}
}

/** What the browser says now, without asking anybody. `storage` is `navigator.storage`, which old browsers lack. */
export async function storageState(storage: Asking | undefined): Promise<StorageState> {
	const persisted = await orUndefined(storage?.persisted?.());
	const estimate = await orUndefined(storage?.estimate?.());
	return { persisted, usage: estimate?.usage, quota: estimate?.quota };
}

/** Asks the browser to keep the data (some ask the person in turn), and says how it stands then. */
export async function requestPersistence(storage: Asking | undefined): Promise<StorageState> {
	const granted = await orUndefined(storage?.persist?.());
	const state = await storageState(storage);
	return granted === undefined ? state : { ...state, persisted: granted };
}
