// Finds what is in the content store and belongs to nothing, and removes it: what a crash has left of attachments that
// were being made, and of messages and spaces that went. [FL2]
import type { ContentStore } from '#lib/ports/content-store.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';
import { contentNamesOf } from '../space/file-book.ts';
import { readList } from '../space-rows.ts';

async function sweep({ store, content }: Pick<Ports, 'store' | 'content'>): Promise<void> {
	const found = await content.names();
	if (found.length === 0) return;
	const named = new Set<string>();
	for (const { space } of await readList(store)) {
		// What a space has that nobody can name is told from garbage by nothing.
		if (space === null) return;
		for (const name of await contentNamesOf(store, space)) named.add(toHex(name));
	}
	await content.remove(found.filter((name) => !named.has(toHex(name))));
}

/**
 * The content store, swept. Nothing is written until that is done: what is being made has no row yet, and would look like
 * what a crash has left.
 */
export function sweptContent(ports: Pick<Ports, 'store' | 'content'>): ContentStore {
	const { content } = ports;
	// Where it can't be read now, the next start tries again.
	const swept = sweep(ports).catch(() => undefined);
	return {
		...content,
		async write(name, chunk, sealed) {
			await swept;
			return content.write(name, chunk, sealed);
		},
	};
}
