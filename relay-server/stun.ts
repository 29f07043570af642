// STUN binding (RFC 8489): tells whoever asks from which address its question came. Total and bounded. [RV6]
//
// message   = type u16 · length u16 · magic cookie u32 · transaction 12 · attributes
// attribute = type u16 · length u16 · value, padded to 4
import { isIPv4 } from 'node:net';
import { concat, type Bytes } from '#lib/util/bytes.ts';

const MAGIC = 0x2112a442;
const HEADER = 20;
/** Requests of browsers have 20 to about 100 bytes. */
const MAX_REQUEST = 548;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
/** Attributes that have to be understood, and may be ignored here: USERNAME, integrity, realm, nonce, ICE's. */
const IGNORED = new Set([0x0006, 0x0008, 0x0014, 0x0015, 0x001c, 0x001d, 0x001e, 0x0024, 0x0025]);

export interface BindingRequest {
	readonly transaction: Bytes;
	/** Attributes that the answer must refuse. */
	readonly unknown: readonly number[];
}

/** A binding request, or undefined for everything else, which gets no answer. */
export function decodeBindingRequest(packet: Uint8Array): BindingRequest | undefined {
	if (packet.length < HEADER || packet.length > MAX_REQUEST) return undefined;
	const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
	if (view.getUint16(0) !== BINDING_REQUEST || view.getUint32(4) !== MAGIC) return undefined;
	const length = view.getUint16(2);
	if (length % 4 !== 0 || HEADER + length !== packet.length) return undefined;
	const unknown: number[] = [];
	for (let at = HEADER; at < packet.length;) {
		const type = view.getUint16(at);
		const size = view.getUint16(at + 2);
		at += 4 + size + ((4 - (size % 4)) % 4);
		if (at > packet.length) return undefined;
		if (type < 0x8000 && !IGNORED.has(type)) unknown.push(type);
	}
	return { transaction: packet.slice(8, HEADER), unknown };
}

/** The answer to a request that came from this address and port. */
export function encodeBindingAnswer(
	request: BindingRequest,
	address: string,
	port: number,
): Bytes | undefined {
	if (request.unknown.length > 0) {
		const types = new Uint8Array(2 * request.unknown.length);
		request.unknown.forEach((type, i) => new DataView(types.buffer).setUint16(2 * i, type));
		const error = new Uint8Array([0, 0, 4, 20]);
		return message(BINDING_ERROR, request.transaction, [
			attribute(ERROR_CODE, error),
			attribute(UNKNOWN_ATTRIBUTES, types),
		]);
	}
	const ip = addressBytes(address);
	if (ip === undefined) return undefined;
	const value = new Uint8Array(4 + ip.length);
	const view = new DataView(value.buffer);
	view.setUint8(1, ip.length === 4 ? 1 : 2);
	view.setUint16(2, port ^ (MAGIC >>> 16));
	const mask = new Uint8Array(16);
	new DataView(mask.buffer).setUint32(0, MAGIC);
	mask.set(request.transaction, 4);
	ip.forEach((byte, i) => view.setUint8(4 + i, byte ^ (mask[i] ?? 0)));
	return message(BINDING_SUCCESS, request.transaction, [attribute(XOR_MAPPED_ADDRESS, value)]);
}

function attribute(type: number, value: Uint8Array): Bytes {
	const padded = new Uint8Array(4 + Math.ceil(value.length / 4) * 4);
	const view = new DataView(padded.buffer);
	view.setUint16(0, type);
	view.setUint16(2, value.length);
	padded.set(value, 4);
	return padded;
}

function message(type: number, transaction: Bytes, attributes: readonly Bytes[]): Bytes {
	const body = concat(...attributes);
	const head = new Uint8Array(8);
	const view = new DataView(head.buffer);
	view.setUint16(0, type);
	view.setUint16(2, body.length);
	view.setUint32(4, MAGIC);
	return concat(head, transaction, body);
}

/** 4 or 16 bytes; an IPv4 address in IPv6 clothing, as dual-stack sockets see it, counts as IPv4. */
export function addressBytes(address: string): Bytes | undefined {
	const plain = address.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '');
	if (isIPv4(plain)) return Uint8Array.from(plain.split('.'), Number);
	const url = URL.parse(`http://[${plain}]/`);
	if (url === null) return undefined;
	const [before = '', after] = url.hostname.slice(1, -1).split('::');
	const groups = (text: string | undefined): number[] =>
		text === undefined || text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
	const [left, right] = [groups(before), groups(after)];
	const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
	return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 255]));
}
