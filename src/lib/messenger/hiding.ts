// From whom this person hides their address: from everybody, or in some spaces. Own devices are nobody to hide from. [HI1] [HI2]
import type { StoreError } from '#lib/ports/store.ts';
import { equal, type Bytes } from '#lib/util/bytes.ts';
import type { Result } from '#lib/util/result.ts';
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { HIDDEN, SETTINGS } from './devices/sections.ts';
import type { SharedValues } from './devices/shared-values.ts';

export interface HidingView {
	readonly everywhere: boolean;
	/** Ids (hex). */
	readonly spaces: ReadonlySet<string>;
}

export interface Hiding {
	readonly view: Readable<HidingView>;
	/** In one space (hex), or in all (null). The same on every device of the person. */
	set(space: string | null, hidden: boolean): Promise<Result<void, StoreError>>;
}

const NAME = SETTINGS.name('address');
const CHOICE = 'hidden';

/** A space as far as it matters who is in it. */
interface Shared {
	readonly linked: { has(device: string): boolean };
	readonly space: {
		readonly key: string;
		readonly ledger: {
			readonly authority: {
				readonly devices: ReadonlyMap<string, { readonly rootHash: Bytes }>;
			};
		};
	};
}

export interface HidingHere extends Hiding {
	/** Whether links to a device (hex) are not to be. */
	from(device: string, nodes: readonly Shared[]): boolean;
	/** Once the values are there. */
	load(): void;
	stop(): void;
}

export function createHiding(keeper: SharedValues, own: Bytes, onChange: () => void): HidingHere {
	const read = (): HidingView => ({
		everywhere: SETTINGS.decode(keeper.get(NAME)) === CHOICE,
		spaces: new Set(
			keeper
				.list(HIDDEN.prefix)
				.filter(([, value]) => HIDDEN.decode(value) === true)
				.flatMap(([name]) => HIDDEN.parts(name)?.[0] ?? []),
		),
	});
	const view = createSignal<HidingView>(read());
	const stop = keeper.watch((names) => {
		if (![...names].some((name) => name === NAME || name.startsWith(HIDDEN.prefix))) return;
		view.set(read());
		onChange();
	});

	return {
		view,
		set: (space, hidden) =>
			keeper.write(
				space === null
					? new Map([[NAME, hidden ? SETTINGS.encode(CHOICE) : null]])
					: new Map([[HIDDEN.name(space), hidden ? HIDDEN.encode(true) : null]]),
			),
		from(device, nodes) {
			const { everywhere, spaces } = view.get();
			if (!everywhere && spaces.size === 0) return false;
			const shared = nodes.filter(({ linked }) => linked.has(device));
			const isOwn = shared.some(({ space }) => {
				const theirs = space.ledger.authority.devices.get(device)?.rootHash;
				return theirs !== undefined && equal(theirs, own);
			});
			if (isOwn || shared.length === 0) return everywhere && !isOwn;
			return everywhere || shared.every(({ space }) => spaces.has(space.key));
		},
		load: () => {
			view.set(read());
		},
		stop,
	};
}
