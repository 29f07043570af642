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
			for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
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
