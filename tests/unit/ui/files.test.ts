// Files in the interface: what is chosen, how it stands, what is shown of it and for how long.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barsPath } from '#lib/components/files/bars.ts';
import { moved, released, taken, type Press } from '#lib/components/files/holding.ts';
import { rowsOf, shapeOf } from '#lib/components/files/mosaic.ts';
import { viewableOf } from '#lib/components/files/viewable.ts';
import { MAX_SCALE, Zoom } from '#lib/components/files/zoom.svelte.ts';
import { durationText, leftText } from '#lib/components/format/time.ts';
import type { MessageView } from '#lib/messenger/api.ts';
import type { FileView, SpaceFiles, TransferView } from '#lib/messenger/files-api.ts';
import { FilesModel } from '#lib/state/files.svelte.ts';
import { Playing } from '#lib/state/playing.svelte.ts';
import { partHere } from '#lib/state/part-here.ts';
import { createObjectUrls } from '#lib/state/object-urls.ts';
import { Outgoing } from '#lib/state/outgoing.svelte.ts';
import { CHUNK } from '#lib/protocol/attachment-size.ts';
import { toBits } from '#lib/protocol/file-frame.ts';
import type { MediaStreams } from '#lib/ports/media-streams.ts';
import { err, ok } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';
import { plainMessage } from '../../support/fake-data.ts';

const never = { after: () => () => undefined };
const text = (name: string, size = 3): File => new File(['x'.repeat(size)], name);

describe('files that are chosen', () => {
	it('[AF3] are ten at most, and the eleventh says why it is not among them', () => {
		const outgoing = new Outgoing(never);
		const all = Array.from({ length: 12 }, (_, n) => text(`${String(n)}.txt`));
		expect(outgoing.add(all.slice(0, 10))).toBeNull();
		expect(outgoing.add(all.slice(10))).toBe('too-many');
		expect(outgoing.files).toHaveLength(10);
	});

	it('[AF1] are two gigabytes at most, together', () => {
		const outgoing = new Outgoing(never);
		const large = Object.defineProperty(text('film.mkv'), 'size', { value: 2 ** 31 });
		expect(outgoing.add([large])).toBeNull();
		expect(outgoing.add([text('one.txt')])).toBe('too-large');
		outgoing.remove(outgoing.files[0]?.id ?? -1);
		expect(outgoing.add([text('one.txt')])).toBeNull();
	});

	it('[AF6] are named as others will read it', () => {
		const outgoing = new Outgoing(never);
		outgoing.add([text('../a\u202Egnp.exe')]);
		expect(outgoing.files[0]?.name).toBe('agnp.exe');
	});

	it('go once they are sent, and stay while they are not', async () => {
		const outgoing = new Outgoing(never);
		outgoing.add([text('a.txt'), text('b.txt')]);
		const refused = await outgoing.send(() => Promise.resolve(err({ type: 'no-room' })));
		expect(refused.ok).toBe(false);
		expect(outgoing.files).toHaveLength(2);
		let names: readonly string[] = [];
		const sent = await outgoing.send((sources) => {
			names = sources.map(({ name }) => name);
			return Promise.resolve(ok());
		});
		expect(sent.ok).toBe(true);
		expect(names).toEqual(['a.txt', 'b.txt']);
		expect(outgoing.files).toHaveLength(0);
		expect(outgoing.progress).toBeNull();
	});

	it('are sent no further once that is cancelled', async () => {
		const outgoing = new Outgoing(never);
		outgoing.add([text('a.txt')]);
		const sending = outgoing.send(
			(_, { signal }) =>
				new Promise((done) => {
					signal?.addEventListener('abort', () => {
						done(err({ type: 'cancelled' }));
					});
					outgoing.cancel();
				}),
		);
		expect(await sending).toEqual(err({ type: 'cancelled' }));
		expect(outgoing.files).toHaveLength(1);
	});
});

describe('how files stand', () => {
	const ABSENT: TransferView = {
		...{ state: 'absent', done: 0, held: new Uint8Array() },
		...{ rate: 0, left: null },
	};
	function model() {
		let now = ABSENT;
		const files: SpaceFiles = {
			send: () => Promise.resolve(ok()),
			transfers: createSignal<ReadonlyMap<string, TransferView>>(new Map()),
			leaving: createSignal(new Map()),
			look: () => Promise.resolve(now),
			fetch: () => Promise.resolve(true),
			pause: () => Promise.resolve(),
			async *read() {
				yield new TextEncoder().encode('hello');
				await Promise.resolve();
			},
			usage: () => Promise.resolve([]),
			free: () => Promise.resolve(),
		};
		const stand = (view: TransferView): void => {
			now = view;
		};
		const open = new Set<string>();
		const streams: MediaStreams = {
			open: ({ type }) => {
				const url = `/_stream/${type}`;
				open.add(url);
				return { url, close: () => open.delete(url) };
			},
		};
		return { files: new FilesModel(files, streams), stand, open };
	}

	it('[FL5] are told anew once they are off this device', async () => {
		const { files, stand } = model();
		stand({ ...ABSENT, state: 'whole', done: 1 });
		await files.look('p');
		expect(files.transfer('p')?.state).toBe('whole');
		stand(ABSENT);
		await files.free('p');
		expect(files.transfer('p')?.state).toBe('absent');
	});

	it('[MS1] are played by an address of their own while they come, or are large, and as long as they play', async () => {
		const { files, open } = model();
		const film = { type: 'video/webm', size: 5 } as FileView;
		const coming = new Playing(files, 'p', 0, film);
		await coming.begin(false);
		expect(coming.url).toBe('/_stream/video/webm');
		await coming.begin(true);
		expect([...open]).toEqual([coming.url]);
		coming.end();
		expect([coming.url, open.size]).toEqual([null, 0]);
		const large = new Playing(files, 'p', 0, { ...film, size: 2 ** 30 });
		await large.begin(true);
		expect(large.url).toBe('/_stream/video/webm');
	});

	it('are played whole where they are here and small, or their player can not go on otherwise', async () => {
		const { files, open } = model();
		const film = { type: 'video/webm', size: 5 } as FileView;
		const here = new Playing(files, 'p', 0, film);
		await here.begin(true);
		expect(here.url).toMatch(/^blob:/);
		here.end();
		const coming = new Playing(files, 'p', 0, film);
		await coming.begin(false);
		await coming.failed(false);
		expect([coming.url, open.size]).toEqual([null, 0]);
		await coming.begin(false);
		await coming.failed(true);
		expect(coming.url).toMatch(/^blob:/);
		// It is broken, then: nothing begins anew by itself.
		await coming.failed(true);
		expect(coming.url).toMatch(/^blob:/);
		coming.end();
		expect(coming.url).toBeNull();
	});

	it('[FL4] say of each file how much of it is here, whatever chunks it shares with others', () => {
		const sizes = fc.array(fc.nat(3 * CHUNK), { minLength: 1, maxLength: 5 });
		fc.assert(
			fc.property(sizes, fc.array(fc.boolean(), { maxLength: 16 }), (lengths, has) => {
				const held = toBits(
					has.flatMap((isHere, n) => (isHere ? [n] : [])),
					16,
				);
				let offset = 0;
				for (const size of lengths) {
					// Counted at a thousand places of the file.
					const places = Array.from({ length: 1000 }, (_, n) => offset + ((n + 0.5) * size) / 1000);
					const here = places.filter((at) => has[Math.floor(at / CHUNK)] === true).length;
					const part = partHere({ state: 'moving', held }, { offset, size });
					expect(part).toBeCloseTo(size === 0 ? 1 : here / 1000, 1.9);
					const last = Math.floor((offset + size - 1) / CHUNK);
					const its = Array.from({ length: last + 1 }, (_, n) => n).slice(
						Math.floor(offset / CHUNK),
					);
					expect(part === 1).toBe(size === 0 || its.every((n) => has[n]));
					offset += size;
				}
			}),
		);
		const one = { offset: 0, size: 5 };
		expect(partHere({ ...ABSENT, held: Uint8Array.of(1) }, one)).toBe(0);
		expect(partHere({ ...ABSENT, state: 'whole' }, one)).toBe(1);
		expect(partHere(undefined, one)).toBe(0);
	});

	it('shows no file that is not whole', async () => {
		const { files } = model();
		const file = { type: 'image/png', size: 5 };
		expect((await files.blob('p', 0, file))?.size).toBe(5);
		expect(await files.blob('p', 0, { ...file, size: 6 })).toBeUndefined();
	});

	it('leaves nothing behind where a file could not be saved whole', async () => {
		const { files } = model();
		const file = { name: 'a', size: 6 } as FileView;
		const did: string[] = [];
		const sink = {
			write: () => Promise.resolve(),
			close: () => Promise.resolve(void did.push('close')),
			abort: () => Promise.resolve(void did.push('abort')),
		};
		expect(await files.save(() => Promise.resolve(sink), 'p', 0, file)).toBe(false);
		expect(await files.save(() => Promise.resolve(sink), 'p', 0, { ...file, size: 5 })).toBe(true);
		expect(did).toEqual(['abort', 'close']);
	});
});

it('an address lives as long as somebody looks, and no longer', async () => {
	const revoked: string[] = [];
	let made = 0;
	const urls = createObjectUrls({
		createObjectURL: () => `blob:${String(++made)}`,
		revokeObjectURL: (url) => revoked.push(url),
	});
	const load = (): Promise<Blob> => Promise.resolve(new Blob());
	expect(await urls.take('a', load)).toBe('blob:1');
	expect(await urls.take('a', load)).toBe('blob:1');
	urls.release('a');
	expect(revoked).toEqual([]);
	// Gone before it was even read.
	const late = urls.take('b', load);
	urls.release('b');
	urls.release('a');
	await late;
	await Promise.resolve();
	expect(revoked.sort()).toEqual(['blob:1', 'blob:2']);
	expect(await urls.take('a', load)).toBe('blob:3');
});

describe('pictures', () => {
	it('fill whole rows, however many there are', () => {
		for (let count = 1; count <= 10; count++) {
			const rows = rowsOf(count);
			expect(rows).toHaveLength(count);
			const width = rows.reduce((sum, inRow) => sum + 1 / inRow, 0);
			expect(width).toBeCloseTo(Math.round(width));
		}
	});

	it('keep their shape alone, within reason', () => {
		expect(shapeOf({ width: 600, height: 400 })).toBe(1.5);
		expect(shapeOf({ width: 65_535, height: 1 })).toBe(2.2);
		expect(shapeOf({ width: 1, height: 65_535 })).toBe(0.6);
		expect(shapeOf({ width: 0, height: 0 })).toBeCloseTo(4 / 3);
	});

	it('are looked through without those that are gone or folded away', () => {
		const file = { showable: 'image', name: 'a.png' } as FileView;
		const card = { showable: null, name: 'a.pdf' } as FileView;
		const message = (id: string, rest: Partial<MessageView> = {}): MessageView => ({
			...plainMessage,
			id,
			author: 'a',
			authorName: 'Mina',
			mine: false,
			text: '',
			time: 0,
			files: { place: id, files: [card, file] },
			...rest,
		});
		const gone = { how: 'purged', byName: '', reason: '' } as const;
		const found = viewableOf([
			message('1'),
			message('2', { gone }),
			message('3', { blocked: true }),
		]);
		expect(found.map(({ key }) => key)).toEqual(['1 1']);
	});

	it('grow around what is pointed at, and never leave the screen', () => {
		const zoom = new Zoom();
		zoom.measure(400, 300);
		zoom.by(2, { x: 100, y: 0 });
		expect([zoom.scale, zoom.x]).toEqual([2, -100]);
		zoom.pan(10_000, 10_000);
		expect([zoom.x, zoom.y]).toEqual([200, 150]);
		zoom.by(1000);
		expect(zoom.scale).toBe(MAX_SCALE);
		zoom.by(0);
		expect([zoom.scale, zoom.x, zoom.y]).toEqual([1, 0, 0]);
	});
});

describe('a microphone that is held', () => {
	const press = (x: number, at: number): Press => ({ pointer: 1, x, y: 0, at });
	const from = press(0, 1000);

	it('sends what was said when it is let go, and nothing once it was slid away from', () => {
		expect(released('held', from, press(5, 3000))).toBe('let-go');
		expect(moved('held', from, press(-50, 2000))).toBe('held');
		const away = moved('held', from, press(-100, 2000));
		expect(away).toBe('away');
		expect(released(away, from, press(-100, 3000))).toBe('none');
		expect(moved(away, from, press(-10, 2500))).toBe('held');
	});

	it('goes on by itself after a short press, or where the browser takes the finger for something else', () => {
		expect(released('held', from, press(0, 1200))).toBe('free');
		expect(taken('held')).toBe('free');
		expect(taken('none')).toBe('none');
	});

	it('heeds neither other fingers nor a release after it was discarded or sent', () => {
		const other = { ...press(-300, 3000), pointer: 2 };
		expect(moved('held', from, other)).toBe('held');
		expect(released('held', from, other)).toBe('held');
		for (const over of ['none', 'free', 'let-go'] as const) {
			expect(moved(over, from, press(-300, 3000))).toBe(over);
			expect(released(over, from, press(0, 3000))).toBe(over);
		}
	});
});

it('says how long, in as few signs as it takes', () => {
	expect(durationText(7_200)).toBe('0:07');
	expect(durationText(754_000)).toBe('12:34');
	expect(durationText(3_723_000)).toBe('1:02:03');
	expect(leftText(34_000)).toBe('34 s left');
	expect(leftText(340_000)).toBe('6 min left');
	expect(leftText(7_200_000)).toBe('2 h left');
	expect(barsPath([0, 255])).toBe('M0.5 46.0v8.0M1.5 2.0v96.0');
});
