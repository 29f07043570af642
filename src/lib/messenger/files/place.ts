// Where a message with files stands, in a form that the interface can carry about.
import { fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

export interface Place {
	readonly device: Bytes;
	readonly seq: number;
}

export const placeOf = ({ device, seq }: Place): string => `${toHex(device)}.${seq}`;

export function readPlace(place: string): Place | undefined {
	const [, hex = '', number = ''] = /^([0-9a-f]{64})\.(\d{1,16})$/.exec(place) ?? [];
	const device = fromHex(hex);
	const seq = Number(number);
	return device?.length === 32 && Number.isSafeInteger(seq) ? { device, seq } : undefined;
}
