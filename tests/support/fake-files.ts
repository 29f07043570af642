// The files of a space that has none.
import type {
	FileSettings,
	LeavingView,
	SpaceFiles,
	TransferView,
} from '#lib/messenger/files-api.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';

const ABSENT: TransferView = { state: 'absent', done: 0, rate: 0, left: null };

export const noFiles: SpaceFiles = {
	send: () => Promise.resolve(err({ type: 'no-room' })),
	leaving: createSignal<ReadonlyMap<string, LeavingView>>(new Map()),
	transfers: createSignal<ReadonlyMap<string, TransferView>>(new Map()),
	look: () => Promise.resolve(ABSENT),
	fetch: () => Promise.resolve(false),
	pause: () => Promise.resolve(),
	async *read() {},
	usage: () => Promise.resolve([]),
	free: () => Promise.resolve(),
};

export const noFileSettings: FileSettings = {
	automatic: () => Promise.resolve(4 << 20),
	setAutomatic: () => Promise.resolve(ok()),
	room: () => Promise.resolve(null),
};
