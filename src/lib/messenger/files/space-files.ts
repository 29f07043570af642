// The files of one space on this device: sends them with messages, fetches them from whoever is linked and has them, gives
// them to members that ask, and lets go of them with their messages. [FL1] [FL2] [FL3] [FL4] [FL5] [TW9]
import { createAttachmentReader } from '#lib/crypto/attachment.ts';
import type { Entry } from '#lib/crdt/check-entry.ts';
import { readEntry } from '#lib/crdt/check-entry.ts';
import { lengthOfFiles, offsetOf, type Attachment } from '#lib/protocol/attachment.ts';
import { CHUNK, chunksOf } from '#lib/protocol/attachment-size.ts';
import type { Message } from '#lib/protocol/content.ts';
import { KIND } from '#lib/protocol/entry.ts';
import { toBits, type FileReference } from '#lib/protocol/file-frame.ts';
import { MAX_TEXT } from '#lib/protocol/limits.ts';
import { CONTENT_NAME } from '#lib/ports/content-store.ts';
import type { StoreWrite } from '#lib/ports/store.ts';
import type { ServedFile } from '#lib/transfer/serving.ts';
import { equal, fromHex, toHex, utf8, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import type { FileUsage, SpaceFiles, TransferView } from '../files-api.ts';
import type { Links } from '../delivery/links.ts';
import type { RelayPool } from '../delivery/relay-pool.ts';
import type { Ports, Self } from '../ports.ts';
import { FILE_STATE, isOnItsWay, type FileState, type KeptFiles } from '../space/file-book.ts';
import { openMessageBy } from '../space/opening.ts';
import type { Space, SpaceChange, WriteError } from '../space/space-face.ts';
import { createAutomatic } from './automatic.ts';
import { createFetches } from './fetches.ts';
import { createFileMailboxes } from './file-mailboxes.ts';
import { createCopyLeaving } from './leaving-copies.ts';
import { placeOf, readPlace, type Place } from './place.ts';
import { createCopyPurging } from './purging-copies.ts';
import { createCopyReading } from './reading-copies.ts';
import { sealFiles } from './sending.ts';

export interface SpaceFilesEvents {
	/** Writes a message whose header names the attachment; `extra` is committed with it. */
	write(
		content: Message,
		attached: { readonly root: Bytes; readonly length: number },
		extra: (entry: Entry) => readonly StoreWrite[],
	): Promise<Result<Entry, WriteError>>;
}

export interface LiveSpaceFiles extends SpaceFiles {
	/** Goes on with what was being fetched. */
	start(): Promise<void>;
	/** A member's device (hex) is linked. */
	onMember(device: string): void;
	/** A relay of the space can be used now. */
	onRelayReady(): void;
	onChange(change: SpaceChange): void;
	/** What a member's device (hex) may have of a file. */
	serve(device: string, of: FileReference): Promise<ServedFile | undefined>;
	stop(): void;
}

interface OpenedFiles {
	readonly entry: Entry;
	readonly message: Message;
	readonly attachment: Attachment;
}

const STILL = { held: new Uint8Array(), rate: 0, left: null };
const ABSENT: TransferView = { ...STILL, state: 'absent', done: 0 };
const WHOLE: TransferView = { ...STILL, state: 'whole', done: 1 };
const STANDS: Readonly<Record<FileState, FileUsage['state']>> = {
	[FILE_STATE.whole]: 'whole',
	[FILE_STATE.wanted]: 'partly',
	[FILE_STATE.paused]: 'partly',
	[FILE_STATE.freed]: 'freed',
};

export function createSpaceFiles(
	ports: Ports,
	self: Pick<Self, 'device' | 'rootHash'>,
	space: Space,
	links: Links,
	pool: RelayPool,
	events: SpaceFilesEvents,
): LiveSpaceFiles {
	const { crypto, random, content } = ports;
	const own = toHex(self.device.publicKey);
	const mailboxes = createFileMailboxes(ports, space);
	const reading = createCopyReading(ports, space, pool, mailboxes);
	const fetches = createFetches(ports, own, space, links, reading, (key) => automatic.onDone(key));
	const automatic = createAutomatic(ports, self, space, {
		fetch: fetchFiles,
		isMoving: (key) => fetches.isMoving(key),
		discard: ({ id, header }) =>
			fetches.discard({
				id,
				device: header.device,
				seq: header.seq,
				root: header.attachmentRoot ?? new Uint8Array(32),
				length: header.attachmentLength,
			}),
	});
	const purging = createCopyPurging(ports, space, pool, mailboxes);
	const leaving = createCopyLeaving(
		ports,
		self.device.publicKey,
		space,
		pool,
		mailboxes,
		(device) => links.carries(device, space.key),
	);
	async function entryAt({ device, seq }: Place): Promise<Entry | undefined> {
		const packet = await space.kept.packet(device, seq);
		const entry = packet && readEntry(crypto, packet);
		if (!entry?.ok || entry.value.header.kind !== KIND.message) return undefined;
		return entry.value.header.attachmentRoot === null ? undefined : entry.value;
	}

	async function open(place: string): Promise<OpenedFiles | undefined> {
		const at = readPlace(place);
		const entry = at && (await entryAt(at));
		if (entry === undefined || space.isBarred(entry)) return undefined;
		const key = await space.keyOf(entry);
		const message = key === null ? undefined : openMessageBy(crypto, entry, key);
		if (message?.attachment === undefined) return undefined;
		return { entry, message, attachment: message.attachment };
	}

	function rowOf(
		{ id, header }: Pick<Entry, 'id' | 'header'>,
		channel: Bytes,
		rest: Pick<KeptFiles, 'name' | 'state' | 'hashes' | 'copies'>,
	): KeptFiles {
		const { device, seq, attachmentRoot: root, attachmentLength: length } = header;
		return { ...rest, id, device, seq, channel, root: root ?? new Uint8Array(32), length };
	}

	const isMember = (device: string): boolean =>
		space.ledger.authority.devices.get(device)?.active === true;

	async function setState(place: string, state: KeptFiles['state']): Promise<void> {
		const key = await openKey(place);
		if (key === undefined) return;
		await space.files.change(key, (now) =>
			now && isOnItsWay(now) ? { ...now, state } : undefined,
		);
	}

	/** The key by which the files of a message are known here. */
	async function openKey(place: string): Promise<string | undefined> {
		const at = readPlace(place);
		return at && (await entryAt(at))?.key;
	}

	async function fetchFiles(place: string): Promise<boolean> {
		const opened = await open(place);
		if (opened === undefined) return false;
		const { entry, message } = opened;
		const known = await space.files.find(entry.key);
		if (known?.state === FILE_STATE.whole) return true;
		const length = entry.header.attachmentLength;
		const room = await content.room();
		const isBegun = known !== undefined && isOnItsWay(known);
		if (!isBegun && room !== null && room < length) return false;
		let files: KeptFiles | undefined;
		const kept = await space.files.change(entry.key, (now) => {
			if (space.isBarred(entry) || now?.state === FILE_STATE.whole) return undefined;
			const { name = random.bytes(CONTENT_NAME), hashes = null, copies = null } = now ?? {};
			files = rowOf(entry, message.channel, { name, state: FILE_STATE.wanted, hashes, copies });
			return files;
		});
		if (!kept.ok) return false;
		if (files === undefined) {
			return (await space.files.find(entry.key))?.state === FILE_STATE.whole;
		}
		const running = fetches.find(entry.key);
		if (running === undefined) await fetches.begin(files);
		else running.resume();
		return true;
	}

	return {
		transfers: fetches.views,
		leaving: leaving.views,
		async send(channel, words, sources, options = {}) {
			const text = words.trim();
			if (utf8(text).length > MAX_TEXT || !text.isWellFormed()) return err({ type: 'too-long' });
			const name = random.bytes(CONTENT_NAME);
			const made = await sealFiles(ports, name, sources, options);
			if (!made.ok) {
				await content.remove([name]);
				return made;
			}
			const { attachment, sealed } = made.value;
			const { root, length, hashes } = sealed;
			const { replyTo } = options;
			const message: Message = {
				kind: KIND.message,
				channel: fromHex(channel) ?? new Uint8Array(32),
				text,
				replyTo: (replyTo === undefined ? undefined : fromHex(replyTo)) ?? null,
				attachment,
			};
			const written = await events.write(message, { root, length }, (entry) => [
				space.files.keep(
					rowOf(entry, message.channel, { name, state: FILE_STATE.whole, hashes, copies: null }),
				),
			]);
			if (written.ok) {
				leaving.look();
				return ok();
			}
			await content.remove([name]);
			return err({ type: written.error.type === 'not-member' ? 'not-member' : 'storage' });
		},
		async look(place) {
			const key = await openKey(place);
			const running = key === undefined ? undefined : fetches.view(key);
			if (running !== undefined) return running;
			const files = key === undefined ? undefined : await space.files.find(key);
			if (files === undefined || files.state === FILE_STATE.freed) return ABSENT;
			if (files.state === FILE_STATE.whole) return WHOLE;
			const held = await content.held(files.name);
			const chunks = chunksOf(files.length);
			const state = files.state === FILE_STATE.paused ? 'paused' : 'waiting';
			return { ...STILL, state, done: held.length / chunks, held: toBits(held, chunks) };
		},
		fetch: fetchFiles,
		async pause(place) {
			const key = await openKey(place);
			if (key === undefined) return;
			fetches.find(key)?.pause();
			await setState(place, FILE_STATE.paused);
		},
		async *read(place, index, from = 0, to = Infinity) {
			const opened = await open(place);
			const file = opened?.attachment.files[index];
			if (opened === undefined || file === undefined) return;
			const { entry, attachment } = opened;
			const files = await space.files.find(entry.key);
			if (files === undefined || files.state === FILE_STATE.freed) return;
			const tools = { crypto, bulk: await ports.bulkCrypto() };
			const reader = await createAttachmentReader(
				tools,
				attachment.fileKey,
				files.length,
				async (chunk) =>
					(await fetches.untilHeld(entry.key, chunk)) ? content.read(files.name, chunk) : undefined,
			);
			const start = offsetOf(attachment, index);
			const end = start + Math.min(to, file.length);
			yield* reader?.read(start + from, end) ?? [];
		},
		async usage() {
			const list = await space.files.list();
			return Promise.all(
				list.map(async (files) => {
					const place = placeOf(files);
					const held = await content.held(files.name);
					const attached = (await open(place))?.attachment.files ?? [];
					return {
						place,
						channel: toHex(files.channel),
						message: toHex(files.id),
						bytes: Math.min(files.length, held.length * CHUNK),
						size: attached.length === 0 ? files.length : lengthOfFiles(attached),
						state: STANDS[files.state],
						isOwn: toHex(files.device) === own,
						names: attached.map(({ name }) => name),
					};
				}),
			);
		},
		async free(place) {
			const key = await openKey(place);
			if (key === undefined) return;
			fetches.end(key);
			await space.files.free(key);
		},
		async start() {
			for (const files of await space.files.list()) {
				if (isOnItsWay(files)) await fetches.begin(files);
			}
			leaving.look();
		},
		onMember: fetches.onMember,
		onRelayReady() {
			leaving.look();
			purging.onRelayReady();
		},
		onChange({ placed, shrunk, purged, expired }) {
			automatic.onPlaced(placed.map(({ entry }) => entry));
			if (shrunk.size === 0 && purged.length === 0 && expired.length === 0) return;
			const gone = [...purged, ...expired].map(({ id }) => toHex(id));
			fetches.onGone(gone);
			for (const key of gone) leaving.takeBack(key);
			purging.onPurged(purged);
		},
		async serve(device, { device: author, seq, entry: id }) {
			const entry = await entryAt({ device: author, seq });
			if (entry === undefined || !equal(entry.id, id)) return undefined;
			const present = async (): Promise<KeptFiles | undefined> =>
				isMember(device) && !space.isBarred(entry) ? space.files.find(entry.key) : undefined;
			const files = await present();
			if (files === undefined || files.hashes === null) return undefined;
			return {
				length: files.length,
				hashes: files.hashes,
				held: () => content.held(files.name),
				async read(chunk) {
					return (await present()) === undefined ? undefined : content.read(files.name, chunk);
				},
				onWhole() {
					if (toHex(author) === own) leaving.hasAll(entry.key, device);
				},
			};
		},
		stop() {
			automatic.stop();
			fetches.stop();
			reading.stop();
			leaving.stop();
		},
	};
}
