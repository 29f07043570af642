// Takes everything of this origin off the device: databases, files, caches, service workers, small storage. [AT13]

/** Gone, or not to be had: a database that another tab holds goes when that tab does. */
const deleted = (name: string): Promise<void> =>
	new Promise((settle) => {
		const asked = indexedDB.deleteDatabase(name);
		const end = (): void => {
			settle();
		};
		asked.onsuccess = end;
		asked.onerror = end;
		asked.onblocked = end;
	});

/** A worker that is ending may hold a file for a moment: so often it is tried again, and after so many ms. */
const TRIES = 40;
const AGAIN = 50;

async function removed(root: FileSystemDirectoryHandle, name: string): Promise<void> {
	for (let tries = 1; tries <= TRIES; tries++) {
		try {
			await root.removeEntry(name, { recursive: true });
			return;
		} catch (cause) {
			if (!(cause instanceof DOMException) || cause.name === 'NotFoundError') return;
			await new Promise((resolve) => setTimeout(resolve, AGAIN));
		}
	}
}

/**
 * The databases go in this order, so that an end in between leaves nothing that opens; then whatever else there is.
 * Never fails: what one browser refuses, the rest still goes.
 */
export async function wipeDevice(databases: readonly string[]): Promise<void> {
	for (const name of databases) await deleted(name);
	const rest = [
		async () => {
			const found = await indexedDB.databases();
			await Promise.all(found.flatMap(({ name }) => (name === undefined ? [] : [deleted(name)])));
		},
		async () => {
			const root = await navigator.storage.getDirectory();
			const names: string[] = [];
			for await (const name of root.keys()) names.push(name);
			await Promise.all(names.map((name) => removed(root, name)));
		},
		async () => {
			const names = await caches.keys();
			await Promise.all(names.map((name) => caches.delete(name)));
		},
		async () => {
			const workers = await navigator.serviceWorker.getRegistrations();
			await Promise.all(workers.map((worker) => worker.unregister()));
		},
		async () => {
			localStorage.clear();
			sessionStorage.clear();
			await Promise.resolve();
		},
	];
	await Promise.all(rest.map((step) => step().catch(() => undefined)));
}
