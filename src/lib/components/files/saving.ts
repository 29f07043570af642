// Gives the person a file to keep, and says so where that fails.
import { m } from '#lib/paraglide/messages.js';
import type { AppModel } from '#lib/state/app.svelte.ts';
import type { FileView } from '#lib/state/views.ts';
import type { Toasts } from '#lib/ui/toasts.svelte.ts';

interface Kept {
	readonly space: string;
	readonly place: string;
	readonly index: number;
	readonly file: FileView;
}

export async function saveFile(app: AppModel, toasts: Toasts, kept: Kept): Promise<void> {
	const { space, place, index, file } = kept;
	const isSaved = await app.files(space).save(app.openSink, place, index, file);
	if (!isSaved) toasts.say(m.file_not_saved({ name: file.name }), 'danger');
}
