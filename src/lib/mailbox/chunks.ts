// Requests about contents in chunks: bringing them, making the packet visible, reading them. [MB23] [MB24]
import type { Packets } from './packets.ts';
import {
	denied,
	done,
	refuse,
	refuseFor,
	tellDeleted,
	type Answer,
	type NamedToken,
	type Request,
	type Session,
	type Shared,
} from './session.ts';
import { ERROR_CODE, MAX_CHUNKS } from '#lib/protocol/mailbox.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface Chunks {
	chunk(session: Session, f: Request<'chunk'>): Promise<Answer>;
	commit(session: Session, f: Request<'commit'>): Promise<Answer>;
	there(session: Session, f: Request<'chunks'>): Promise<Answer>;
	fetchChunk(session: Session, f: Request<'fetch-chunk'>, token: NamedToken): Promise<Answer>;
	acknowledge(session: Session, f: Request<'ack-contents'>, token: NamedToken): Promise<Answer>;
}

const unknownPacket = refuse(ERROR_CODE.unknownPacket, 'no such packet');

const bitsOf = (there: readonly number[]): Bytes => {
	const bits = new Uint8Array(MAX_CHUNKS / 8);
	for (const index of there) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
	return bits.slice(0, ((there.at(-1) ?? -1) >> 3) + 1);
};

export function createChunks(shared: Shared, packets: Packets): Chunks {
	const { store } = shared;
	return {
		chunk: async (session, { request, mailbox, packet, index, bytes }) => {
			if (!session.hasProven(mailbox)) return denied;
			const over = session.charge(mailbox, bytes.length);
			if (over !== undefined) return over;
			const put = await store.putChunk(mailbox, packet, index, bytes);
			return put.ok ? done(request) : refuseFor(put.error);
		},
		commit: async (session, { request, mailbox, packet }) => {
			if (!session.hasProven(mailbox)) return denied;
			const committed = await store.commit(mailbox, packet);
			if (!committed.ok) return refuseFor(committed.error);
			const { to, block } = committed.value;
			return packets.stored(session, request, { mailbox, packet, to, block }, committed.value);
		},
		there: async (session, { request, mailbox, packet }) => {
			if (!session.hasProven(mailbox)) return denied;
			const kept = await store.chunks(mailbox, packet);
			if (kept === undefined) return unknownPacket;
			const { chunks, committed } = kept;
			return { type: 'there', request, chunks, committed, bits: bitsOf(kept.there) };
		},
		fetchChunk: async (_, f, { mailbox, tokenHash }) => {
			const bytes = await store.fetchChunk(mailbox, tokenHash, f.packet, f.index);
			return bytes === undefined ? unknownPacket : { type: 'chunk', request: f.request, bytes };
		},
		acknowledge: async (_, f, { mailbox, tokenHash }) => {
			const deleted = await store.acknowledgeContents(mailbox, tokenHash, f.packets);
			if (!deleted.ok) return refuseFor(deleted.error);
			await tellDeleted(shared, mailbox, deleted.value);
			return done(f.request);
		},
	};
}
