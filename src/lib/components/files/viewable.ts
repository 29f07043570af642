// Everything in a conversation that can be seen on the whole screen, oldest first.
import type { FileView, MessageView } from '#lib/state/views.ts';

export interface Viewable {
	readonly key: string;
	readonly place: string;
	readonly index: number;
	readonly file: FileView;
	/** Name of who sent it. */
	readonly author: string;
}

export const viewableOf = (messages: readonly MessageView[]): readonly Viewable[] =>
	messages.flatMap(({ files, gone, blocked, authorName: author }) => {
		if (files === undefined || gone !== null || blocked) return [];
		const { place } = files;
		return files.files.flatMap((file, index) =>
			file.showable === 'image' || file.showable === 'video'
				? [{ key: `${place} ${String(index)}`, place, index, file, author }]
				: [],
		);
	});
