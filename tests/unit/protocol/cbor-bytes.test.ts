import { expect, it } from 'vitest';
import { encode } from '#lib/protocol/cbor.ts';

it('[EN2] encodes into bytes of their own, whatever the length', () => {
	for (let length = 0; length < 1000; length += 7) {
		const encoded = encode([[1, new Uint8Array(16)], new Uint8Array(length)]);
		expect(encoded.constructor).toBe(Uint8Array);
		expect(encoded.buffer.byteLength).toBe(encoded.length);
		const copy = encoded.slice();
		copy.fill(1);
		expect(encoded[0]).toBe(0x82);
	}
});
