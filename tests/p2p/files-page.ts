// Files on the page of the browser tests: sealed into the browser's own store, served and fetched over a link, and beside
// it a bare data channel to compare with.
import {
	createAttachmentReader,
	attachmentRoot,
	chunkHash,
	sealAttachment,
} from '#lib/crypto/attachment.ts';
import { createBulkCrypto } from '#lib/crypto/bulk.ts';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import { startChunkWorker } from './chunk-files-page.ts';
import { hasher, patternAt } from './pattern.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { DirectDialer, DirectLink } from '#lib/ports/direct-dialer.ts';
import type { Random } from '#lib/ports/random.ts';
import { createContent } from '#lib/storage/content.ts';
import { createFetch, type Fetch } from '#lib/transfer/fetching.ts';
import { createServing, type ServedFile } from '#lib/transfer/serving.ts';
import { createAskingWays, serveWay, type AskingWays } from '#lib/transfer/ways.ts';
import { equal, fromHex, toHex, type Bytes } from '#lib/util/bytes.ts';

/** What a message would say of the file. */
export interface Told {
	readonly fileKey: string;
	readonly root: string;
	readonly length: number;
	readonly size: number;
}

const bytesOf = (hex: string): Bytes => fromHex(hex) ?? new Uint8Array();
const NAME = new Uint8Array(16).fill(1);
const id = new Uint8Array(32).fill(2);
const of = { space: id, device: id, seq: 1, entry: id };

export function createFilesPage(
	dialer: DirectDialer,
	clock: Clock,
	random: Random,
	linkAt: (index: number) => DirectLink,
) {
	const provider = createCryptoProvider();
	const bulk = createBulkCrypto(crypto.subtle);
	const store = createContent('content', { clock, worker: startChunkWorker });
	let served: ServedFile | undefined;
	let fetching: Fetch | undefined;
	let ways: AskingWays | undefined;
	let raw: { connection: RTCPeerConnection; channel: RTCDataChannel } | undefined;

	const meeting = async (): Promise<DirectDialer['bulk']> => dialer.bulk;
	const stun = (): readonly string[] => [];

	async function* generated(size: number): AsyncGenerator<Bytes> {
		for (let at = 0; at < size; at += 1 << 20) yield patternAt(at, Math.min(1 << 20, size - at));
	}

	async function gathered(connection: RTCPeerConnection): Promise<string> {
		while (connection.iceGatheringState !== 'complete') await new Promise((r) => setTimeout(r, 10));
		return connection.localDescription?.sdp ?? '';
	}

	function makeRaw(): RTCPeerConnection {
		const connection = new RTCPeerConnection();
		const channel = connection.createDataChannel('raw', { negotiated: true, id: 0 });
		channel.binaryType = 'arraybuffer';
		raw = { connection, channel };
		return connection;
	}

	return {
		async sealFile(size: number): Promise<Told & { readonly ms: number }> {
			const start = performance.now();
			const tools = { crypto: provider, bulk: await bulk, random };
			const sealed = await sealAttachment(
				tools,
				generated(size),
				size,
				async (chunk, bytes) => (await store.write(NAME, chunk, bytes)).ok,
			);
			if (sealed === undefined) throw new Error('not sealed');
			const { root, length, hashes, fileKey } = sealed;
			served = {
				length,
				hashes,
				held: () => store.held(NAME),
				read: (chunk) => store.read(NAME, chunk),
			};
			const ms = performance.now() - start;
			return { fileKey: toHex(fileKey), root: toHex(root), length, size, ms };
		},
		serve(index: number, canBulk: boolean): void {
			const serving = createServing();
			linkAt(index).onFiles = (channel) => {
				const peer = serving.device(async () => served);
				const parts = { meeting: canBulk ? meeting : async () => undefined, stun };
				serveWay(parts, peer, channel, () => {
					peer.stop();
				});
			};
		},
		/** Milliseconds until all of it is durable here. */
		async fetchFile(index: number, told: Told, canBulk: boolean): Promise<number> {
			const start = performance.now();
			const cryptography = await bulk;
			const parts = { clock, meeting: canBulk ? meeting : async () => undefined, stun };
			const own = (ways = createAskingWays(parts, () => linkAt(index).openFiles()));
			if (!(await own.connect())) throw new Error('no way');
			await new Promise<void>((resolve) => {
				fetching = createFetch({
					clock,
					of,
					length: told.length,
					hashes: null,
					held: [],
					hash: (sealed) => chunkHash(cryptography, sealed),
					takeHashes: async (hashes) => equal(attachmentRoot(provider, hashes), bytesOf(told.root)),
					keep: async (chunk, sealed) => (await store.write(NAME, chunk, sealed)).ok,
					onChange: () => undefined,
					onWhole: resolve,
				});
				fetching.addSource('other', own.device);
			});
			return performance.now() - start;
		},
		progress: () => fetching?.progress(),
		closeWays: () => {
			ways?.close();
		},
		/** SHA-256 of the file as it opens from the store, block by block, and how long that took. */
		async openFile(told: Told): Promise<{ readonly digest: string; readonly ms: number }> {
			const start = performance.now();
			const tools = { crypto: provider, bulk: await bulk };
			const { fileKey, length, size } = told;
			const reader = await createAttachmentReader(tools, bytesOf(fileKey), length, (chunk) =>
				store.read(NAME, chunk),
			);
			const hash = hasher();
			for await (const part of reader?.read(0, size) ?? []) await hash.add(part);
			return { digest: await hash.digest(), ms: performance.now() - start };
		},
		async digestOf(size: number): Promise<string> {
			const hash = hasher();
			for await (const part of generated(size)) await hash.add(part);
			return hash.digest();
		},
		async rawOffer(): Promise<string> {
			const connection = makeRaw();
			await connection.setLocalDescription();
			return gathered(connection);
		},
		async rawAnswer(sdp: string): Promise<string> {
			const connection = makeRaw();
			await connection.setRemoteDescription({ type: 'offer', sdp });
			await connection.setLocalDescription();
			return gathered(connection);
		},
		async rawAccept(sdp: string): Promise<void> {
			await raw?.connection.setRemoteDescription({ type: 'answer', sdp });
			while (raw?.channel.readyState !== 'open') await new Promise((r) => setTimeout(r, 10));
		},
		async rawSend(size: number, message: number): Promise<void> {
			const { channel } = raw!;
			channel.bufferedAmountLowThreshold = 262_144;
			const bytes = new Uint8Array(message);
			for (let at = 0; at < size; at += message) {
				channel.send(bytes);
				if (channel.bufferedAmount < 1 << 20) continue;
				await new Promise((resolve) => {
					channel.addEventListener('bufferedamountlow', resolve, { once: true });
				});
			}
		},
		/** Milliseconds from the first byte to the last. */
		rawReceive: (size: number): Promise<number> =>
			new Promise((resolve) => {
				let got = 0;
				let start = 0;
				raw!.channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
					if (got === 0) start = performance.now();
					got += data.byteLength;
					if (got >= size) resolve(performance.now() - start);
				};
			}),
		rawClose: () => {
			raw?.connection.close();
		},
	};
}
