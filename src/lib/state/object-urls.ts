// Addresses of what is shown: made when the first asks, gone when the last has looked away. Nothing of a file stays in the
// page after that.

export interface ObjectUrls {
	/** null: it could not be read. */
	take(key: string, load: () => Promise<Blob | undefined>): Promise<string | null>;
	/** Once for each `take`. */
	release(key: string): void;
}

interface Shown {
	readonly url: Promise<string | null>;
	users: number;
}

export function createObjectUrls(
	urls: Pick<typeof URL, 'createObjectURL' | 'revokeObjectURL'> = URL,
): ObjectUrls {
	const shown = new Map<string, Shown>();
	return {
		take(key, load) {
			let entry = shown.get(key);
			if (entry === undefined) {
				const url = load().then((blob) => (blob ? urls.createObjectURL(blob) : null));
				shown.set(key, (entry = { url, users: 0 }));
			}
			entry.users += 1;
			return entry.url;
		},
		release(key) {
			const entry = shown.get(key);
			if (entry === undefined) return;
			entry.users -= 1;
			if (entry.users > 0) return;
			shown.delete(key);
			void entry.url.then((url) => {
				if (url !== null) urls.revokeObjectURL(url);
			});
		},
	};
}
