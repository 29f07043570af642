// A request to join as a device keeps it until it is answered: how it asks, and with which keys. [IN7]
import {
	blob,
	bytes,
	decode,
	either,
	encode,
	optional,
	text,
	tuple,
	uint,
} from '#lib/protocol/cbor.ts';
import { decodeFoundSpace, encodeFoundSpace, type FoundSpace } from '#lib/protocol/coming-back.ts';
import { decodeInvitation, encodeInvitation, type Invitation } from '#lib/protocol/invitation.ts';
import type { Refusal } from '#lib/protocol/lobby.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Ports } from '../ports.ts';

export type Way =
	| { readonly by: 'invitation'; readonly invitation: Invitation }
	/** Back into a space whose member this person is already. */
	| ({ readonly by: 'return' } & FoundSpace);

export const spaceOf = (way: Way): FoundSpace => {
	if (way.by === 'return') return way;
	const { space, spaceName, relays } = way.invitation;
	return { space, name: spaceName, relays };
};

export interface JoinRecord {
	readonly way: Way;
	/** Of this device's own mailbox for the answer, one on each relay of the invitation. */
	readonly writeSeed: Bytes;
	readonly ownerSeed: Bytes;
	readonly token: Bytes;
	/** Name of the request on relays, so that a retry is the same packet. */
	readonly request: Bytes;
	readonly refused: Refusal | null;
}

const shape = tuple(
	either(text(16_384), blob(8192)),
	bytes(32),
	bytes(32),
	bytes(32),
	bytes(32),
	optional(uint(3)),
);

export function newJoin(random: { bytes(n: number): Bytes }, way: Way): JoinRecord {
	return {
		way,
		writeSeed: random.bytes(32),
		ownerSeed: random.bytes(32),
		token: random.bytes(32),
		request: random.bytes(32),
		refused: null,
	};
}

export const joinWrite = (ports: Ports, number: number, join: JoinRecord | null): StoreWrite => ({
	table: 'joining',
	key: ['list', number],
	value:
		join &&
		encode([
			join.way.by === 'return'
				? encodeFoundSpace(join.way)
				: encodeInvitation(join.way.invitation, (b) => ports.crypto.sha256(b)),
			join.writeSeed,
			join.ownerSeed,
			join.token,
			join.request,
			join.refused,
		]),
});

function decodeWay({ crypto }: Ports, encoded: string | Bytes): Way | undefined {
	if (typeof encoded === 'string') {
		const invitation = decodeInvitation(encoded, (b) => crypto.sha256(b));
		return invitation.ok ? { by: 'invitation', invitation: invitation.value } : undefined;
	}
	const found = decodeFoundSpace(encoded);
	return found.ok ? { by: 'return', ...found.value } : undefined;
}

export function decodeJoin(ports: Ports, encoded: Uint8Array): JoinRecord | undefined {
	const decoded = decode(shape, encoded, 32_768);
	if (!decoded.ok) return undefined;
	const [encodedWay, writeSeed, ownerSeed, token, request, refused] = decoded.value;
	const way = decodeWay(ports, encodedWay);
	if (way === undefined) return undefined;
	return {
		way,
		writeSeed,
		ownerSeed,
		token,
		request,
		refused: refused as Refusal | null,
	};
}
