// What a recording says beside its sound is blanked where it stands; the sound stays byte for byte.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { playedPatches } from '#lib/media/strip-played.ts';
import { soundPatches } from '#lib/media/strip-sound.ts';
import { utf8 } from '#lib/util/bytes.ts';
import {
	expectFreed,
	fileOf,
	kept,
	loose,
	said,
	sentOf,
	type Part,
} from '../../support/media-parts.ts';

const number = (value: number, length: number, little = false): number[] => {
	const digits = Array.from(
		{ length },
		(_, n) => Math.floor(value / 256 ** (length - 1 - n)) % 256,
	);
	return little ? digits.reverse() : digits;
};
const frames = (length: number): Part[] => kept([0xff, 0xfb, 0x90], Array(length).fill(0xaa));

function id3(length: number, hasFooter: boolean): Part[] {
	const digits = [21, 14, 7, 0].map((bits) => (length >> bits) & 127);
	const flags = hasFooter ? 0x90 : 0x40;
	return [
		...kept(utf8('ID3'), [4, 0]),
		...loose([flags], digits),
		...said(length),
		...(hasFooter ? loose(utf8('3DI'), [4, 0, flags], digits) : []),
	];
}
function ape(length: number, hasHeader: boolean): Part[] {
	const frame = (isHeader: boolean): Part[] => [
		...kept(utf8('APETAGEX'), number(2000, 4, true), number(length + 32, 4, true)),
		...loose(number(3, 4, true)),
		...kept([0, 0, 0, (hasHeader ? 0x80 : 0) | (isHeader ? 0x20 : 0)], Array(8).fill(0)),
	];
	return [...(hasHeader ? frame(true) : []), ...said(length), ...frame(false)];
}
const id3v1 = (isLong: boolean): Part[] => [
	...(isLong ? [...kept(utf8('TAG+')), ...said(223)] : []),
	...kept(utf8('TAG')),
	...said(125),
];
const flacBlock = (
	kind: number,
	content: readonly Part[],
	length: number,
	isLast = false,
): Part[] => {
	const isKept = kind === 0 || kind === 3;
	const first = [(isLast ? 128 : 0) | kind];
	return [...(isKept ? kept(first) : loose(first)), ...kept(number(length, 3)), ...content];
};
const chunk = (name: string, content: readonly Part[], length: number): Part[] => [
	...(content.every(({ isKept }) => isKept) ? kept(utf8(name)) : loose(utf8(name))),
	...kept(number(length, 4, true)),
	...content,
	...(length % 2 === 1 ? loose([0]) : []),
];

const size = fc.integer({ min: 0, max: 700 });

describe('a recording that is to be sent', () => {
	it('[ME8] as MP3 or AAC loses its tags before and behind, and nothing else', async () => {
		const before = fc.array(fc.tuple(size, fc.boolean()), { maxLength: 3 });
		const behind = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), size);
		await fc.assert(
			fc.asyncProperty(before, size, behind, async (tags, length, [a, b, c, d, words]) => {
				await expectFreed(soundPatches, [
					...tags.flatMap(([each, hasFooter]) => id3(each, hasFooter)),
					...frames(length),
					...(a ? ape(words, b) : []),
					...(c ? id3v1(d) : []),
				]);
			}),
			{ numRuns: 150 },
		);
	});

	it('[ME8] keeps a tag’s length, its footer included, so that players find the sound', async () => {
		const sent = await expectFreed(soundPatches, [...id3(300, true), ...frames(50)]);
		// 310 in digits of seven bits; no flags.
		expect([...sent.subarray(0, 10)]).toEqual([...utf8('ID3'), 4, 0, 0, 0, 0, 2, 310 - 256]);
	});

	it('[ME8] as FLAC loses words and pictures', async () => {
		await fc.assert(
			fc.asyncProperty(size, size, async (words, length) => {
				await expectFreed(soundPatches, [
					...kept(utf8('fLaC')),
					...flacBlock(0, kept(Array(34).fill(1)), 34),
					...flacBlock(4, said(words), words),
					...flacBlock(3, kept(Array(18).fill(2)), 18),
					...flacBlock(6, said(length), length, true),
					...frames(length),
				]);
			}),
			{ numRuns: 50 },
		);
	});

	it('[ME8] as WAV loses everything that is no sound', async () => {
		await fc.assert(
			fc.asyncProperty(size, size, fc.boolean(), async (words, length, isEndless) => {
				const sound = Array<number>(length).fill(9);
				await expectFreed(soundPatches, [
					...kept(utf8('RIFF'), number(9999, 4, true), utf8('WAVE')),
					...chunk('fmt ', kept(Array(16).fill(1)), 16),
					...chunk('bext', said(words), words),
					...(isEndless
						? kept(utf8('data'), [255, 255, 255, 255], sound)
						: [...chunk('data', kept(sound), length), ...chunk('LIST', said(words), words)]),
				]);
			}),
			{ numRuns: 50 },
		);
	});

	it('[ME6] [ME8] of another kind, or damaged, is told as such', async () => {
		const others = ['OggS and what follows', 'x', 'ID3', '#!AMR\nspeech', ''];
		for (const other of others) expect(await sentOf(playedPatches, utf8(other))).toBeUndefined();
		expect(await playedPatches(() => Promise.reject(new Error('gone')), 100)).toBeUndefined();
		const whole = fileOf([...id3(200, false), ...frames(300), ...ape(50, true), ...id3v1(true)]);
		expect(await sentOf(playedPatches, whole.slice(0, 150))).toBeUndefined();
		const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
		await fc.assert(
			fc.asyncProperty(changes, async (all) => {
				const damaged = whole.slice();
				for (const [at, byte] of all) damaged[at] = byte;
				expect((await sentOf(playedPatches, damaged))?.length ?? whole.length).toBe(whole.length);
			}),
			{ numRuns: 200 },
		);
	});
});
