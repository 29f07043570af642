// Pictures, made here.
import { randomInt } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** As large as its pixels if it is noise, and much smaller otherwise. */
export function png(width: number, height: number, isNoise = false): Buffer {
	const rows = Array.from({ length: height }, (_, y) =>
		Uint8Array.from({ length: 1 + 3 * width }, (_, x) =>
			x === 0 ? 0 : isNoise ? randomInt(256) : (x * 7 + y * y) % 256,
		),
	);
	const table = Array.from({ length: 256 }, (_, n) => {
		let c = n;
		for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
		return c >>> 0;
	});
	const chunk = (type: string, content: Buffer): Buffer => {
		const named = Buffer.concat([Buffer.from(type), content]);
		const crc = named.reduce((sum, byte) => (table[(sum ^ byte) & 255] ?? 0) ^ (sum >>> 8), -1);
		const [length, end] = [Buffer.alloc(4), Buffer.alloc(4)];
		length.writeUInt32BE(content.length);
		end.writeInt32BE(~crc);
		return Buffer.concat([length, named, end]);
	};
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 2, 0, 0, 0], 8);
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	const data = deflateSync(Buffer.concat(rows));
	return Buffer.concat([
		signature,
		chunk('IHDR', header),
		chunk('IDAT', data),
		chunk('IEND', data.subarray(0, 0)),
	]);
}
