// One life of a node: what it was given stops working the moment it dies, so that nothing it had begun goes on as a ghost.
import type { Ports } from '#lib/messenger/ports.ts';

export interface Incarnation {
	readonly ports: Ports;
	/** From here on nothing is read, written, sent or woken; what is pending never settles. */
	die(): void;
	readonly alive: boolean;
}

export function createIncarnation(world: Ports): Incarnation {
	let alive = true;
	const never = new Promise<never>(() => undefined);
	/** The value while alive; nothing ever, once dead. */
	const living = async <T>(work: () => Promise<T>): Promise<T> => {
		if (!alive) return never;
		const value = await work();
		return alive ? value : never;
	};
	const { clock, store, content, relayDialer, directDialer } = world;

	const ports: Ports = {
		...world,
		clock: {
			now: () => clock.now(),
			after: (ms, callback) =>
				clock.after(ms, () => {
					if (alive) callback();
				}),
		},
		store: {
			get: (table, key) => living(() => store.get(table, key)),
			range: (table, prefix, range) => living(() => store.range(table, prefix, range)),
			commit: (writes) => living(() => store.commit(writes)),
			clear: (table, prefix) => living(() => store.clear(table, prefix)),
			close: () => {
				store.close();
			},
		},
		content: {
			write: (name, chunk, sealed) => living(() => content.write(name, chunk, sealed)),
			read: (name, chunk) => living(() => content.read(name, chunk)),
			held: (name) => living(() => content.held(name)),
			remove: (names) => living(() => content.remove(names)),
			names: () => living(() => content.names()),
			room: () => living(() => content.room()),
			close: () => {
				content.close();
			},
		},
		relayDialer: {
			dial: (url) =>
				living(async () => {
					const dialed = await relayDialer.dial(url);
					if (!alive && dialed.ok) dialed.value.close('gone');
					return dialed;
				}),
		},
		directDialer: () => living(directDialer),
	};
	return {
		ports,
		die() {
			alive = false;
		},
		get alive() {
			return alive;
		},
	};
}
