// Which connection put which packet, so that it hears when the packet is deleted. Forgets the oldest first. [MB10]
import { toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Origins<C> {
	set(mailbox: Bytes, packet: Bytes, connection: C): void;
	/** The connection, once: it is forgotten by that. */
	take(mailbox: Bytes, packet: Bytes): C | undefined;
	/** Ends everything of a connection. */
	forget(connection: C): void;
}

/** At most `limit` packets for each connection. */
export function createOrigins<C extends object>(limit: number): Origins<C> {
	const byPacket = new Map<string, C>();
	const byConnection = new Map<C, Set<string>>();

	const remove = (key: string, connection: C): void => {
		byPacket.delete(key);
		const own = byConnection.get(connection);
		own?.delete(key);
		if (own?.size === 0) byConnection.delete(connection);
	};

	return {
		set: (mailbox, packet, connection) => {
			const key = toHex(mailbox) + toHex(packet);
			const former = byPacket.get(key);
			if (former !== undefined) remove(key, former);
			byPacket.set(key, connection);
			let own = byConnection.get(connection);
			if (own === undefined) {
				own = new Set();
				byConnection.set(connection, own);
			}
			own.add(key);
			const [oldest] = own;
			if (own.size > limit && oldest !== undefined) remove(oldest, connection);
		},
		take: (mailbox, packet) => {
			const key = toHex(mailbox) + toHex(packet);
			const connection = byPacket.get(key);
			if (connection !== undefined) remove(key, connection);
			return connection;
		},
		forget: (connection) => {
			for (const key of byConnection.get(connection) ?? []) byPacket.delete(key);
			byConnection.delete(connection);
		},
	};
}
