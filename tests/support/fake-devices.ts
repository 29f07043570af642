// A person's devices without any: a list to look at, and a pairing that goes on by itself, step by step.
import type { Devices, DeviceView } from '#lib/messenger/api.ts';
import type { CopyView } from '#lib/messenger/devices-api.ts';
import type { OfferView, PairingTake, TakeView } from '#lib/messenger/pairing/pairing.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';
import { fakeHash, NOW } from './fake-data.ts';

export interface DevicesScene {
	/** How many devices there are; one where nothing is said. */
	readonly devices?: number;
	/** How far the history is copied from one device to another. */
	readonly copy?: CopyView['state'];
	/** The youngest is news. */
	readonly newDevice?: boolean;
	/** At which step a pairing stands still. */
	readonly pairing?: 'waiting' | 'connecting' | 'compare' | 'receiving' | 'mismatch' | 'no-relay';
}

const copyIn = (state: CopyView['state']): CopyView => ({
	device: fakeHash('device 1'),
	gives: state === 'indirect' || state === 'away',
	state,
	done: state === 'done' ? 1204 : 312,
	of: 1204,
});

const HOUR = 3_600_000;
const LINK = `https://aegis.example/#/link/${'hQEaZ0x5K2m7Yt8'.repeat(14)}`;
const DIGITS = '402917';

const ALL: readonly DeviceView[] = [
	['Chromium on Linux', 90 * 24, 0, true],
	['Phone', 40 * 24, 1, true],
	['Firefox on Windows', 3, 2, false],
	['The old laptop in the kitchen that everybody uses', 200 * 24, 30 * 24, false],
].map(([name, since, seen, online], at) => ({
	id: fakeHash(`device ${at}`),
	name: String(name),
	since: NOW - Number(since) * HOUR,
	lastSeen: at === 3 ? null : NOW - Number(seen) * HOUR,
	online: online === true,
	isThis: at === 0,
}));

export function createFakeDevices(scene: DevicesScene): Devices {
	const list = createSignal(ALL.slice(0, scene.devices ?? 1));
	const news = createSignal(scene.newDevice === true ? ALL.slice(2, 3) : []);
	const copies = createSignal<readonly CopyView[]>(
		scene.copy === undefined ? [] : [copyIn(scene.copy)],
	);
	return {
		list,
		news,
		copies,
		copyTo: (id) => {
			copies.set([{ device: id, gives: true, state: 'copying', done: 0, of: 1204 }]);
			return Promise.resolve(ok());
		},
		endCopy: () => {
			copies.update((all) => all.map((each) => ({ ...each, state: 'stopped' })));
			return Promise.resolve();
		},
		dismissCopy: () => {
			copies.set([]);
		},
		notice: (id) => {
			news.update((known) => known.filter((each) => each.id !== id));
			return Promise.resolve();
		},
		link() {
			const failed = (problem: 'no-relay' | 'mismatch' | 'cancelled'): OfferView => ({
				state: 'failed',
				problem,
			});
			const compare: OfferView = { state: 'compare', digits: DIGITS, deviceName: 'Phone' };
			const waiting: OfferView = { state: 'waiting', link: LINK, until: Date.now() + 600_000 };
			const first = (): OfferView => {
				if (scene.pairing === 'compare') return compare;
				if (scene.pairing === 'no-relay' || scene.pairing === 'mismatch') {
					return failed(scene.pairing);
				}
				return waiting;
			};
			const view = createSignal<OfferView>(first());
			return {
				view,
				confirm(same) {
					view.set(same ? { state: 'done', deviceName: 'Phone' } : failed('mismatch'));
				},
				cancel() {
					view.set(failed('cancelled'));
				},
			};
		},
		rename: (id, name) => {
			if (name.trim() === '') return Promise.resolve(err({ type: 'empty' }));
			list.update((known) => known.map((each) => (each.id === id ? { ...each, name } : each)));
			return Promise.resolve(ok());
		},
		remove: (id) => {
			list.update((known) => known.filter((each) => each.id !== id));
			return Promise.resolve(ok());
		},
	};
}

export function createFakeTake(scene: DevicesScene): PairingTake {
	const first = (): TakeView => {
		switch (scene.pairing) {
			case 'compare':
				return { state: 'compare', digits: DIGITS };
			case 'receiving':
				return { state: 'receiving' };
			case 'mismatch':
				return { state: 'failed', problem: 'mismatch' };
			default:
				return { state: 'connecting' };
		}
	};
	const view = createSignal<TakeView>(first());
	return {
		view,
		cancel() {
			view.set({ state: 'failed', problem: 'cancelled' });
		},
	};
}
