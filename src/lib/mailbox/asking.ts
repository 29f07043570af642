// Asks a relay in order: what is asked of a mailbox leaves as it was asked for, proofs before what needs them, and nothing
// waits for an answer before it, so that a far relay costs one round trip. [MB3] [MB7] [MB28]
import type { HelloError, MailboxError, Outcome } from './client-api.ts';
import { tokenAccessContent, writeAccessContent, type Here } from './proofs.ts';
import type { AnswerFrame, Requests } from './requests.ts';
import type { CryptoProvider, SigningKey } from '#lib/ports/crypto.ts';
import {
	encodeClientFrame,
	ERROR_CODE,
	type ClientFrame,
	type ErrorCode,
} from '#lib/protocol/mailbox.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

const ERROR_TYPE: Record<ErrorCode, MailboxError['type']> = {
	[ERROR_CODE.malformed]: 'malformed',
	[ERROR_CODE.unknownMailbox]: 'unknown-mailbox',
	[ERROR_CODE.denied]: 'denied',
	[ERROR_CODE.full]: 'full',
	[ERROR_CODE.closed]: 'closed',
	[ERROR_CODE.conflict]: 'conflict',
	[ERROR_CODE.unknownPacket]: 'unknown-packet',
	[ERROR_CODE.busy]: 'busy',
	[ERROR_CODE.failed]: 'failed',
	[ERROR_CODE.gone]: 'gone',
	[ERROR_CODE.unknownToken]: 'unknown-token',
	[ERROR_CODE.quota]: 'quota',
	[ERROR_CODE.uninvited]: 'uninvited',
	[ERROR_CODE.incomplete]: 'incomplete',
	[ERROR_CODE.draining]: 'draining',
};

type Unnumbered<F> = F extends { readonly request: number } ? Omit<F, 'request'> : never;
export type Asked = Unnumbered<ClientFrame>;
export type AnswerOf<T extends AnswerFrame['type']> = Extract<AnswerFrame, { readonly type: T }>;

/** How a request is sent: the number is told before it leaves. */
type Numbered = (request: number) => void;

export interface Asking {
	/** Sends before it returns, whatever was asked before. */
	send<T extends AnswerFrame['type']>(
		type: T,
		frame: Asked,
		numbered?: Numbered,
	): Outcome<AnswerOf<T>>;
	/** Asks something of a mailbox, and expects an answer of this type. */
	ask<T extends AnswerFrame['type']>(
		mailbox: Bytes,
		type: T,
		frame: (here: Here) => Asked | Promise<Asked>,
		numbered?: Numbered,
	): Outcome<AnswerOf<T>>;
	/** Proves write access, once for each mailbox; resolves when that was sent. */
	sendProof(mailbox: Bytes, writeKey: SigningKey): Promise<void>;
	/** The same, with write access, which is proven once for each mailbox. */
	askAsWriter<T extends AnswerFrame['type']>(
		mailbox: Bytes,
		writeKey: SigningKey,
		type: T,
		frame: Asked,
	): Outcome<AnswerOf<T>>;
	/** The same, as the holder of a token, which is proven once for each mailbox. `frame`: by the token's number. */
	askAsReader<T extends AnswerFrame['type']>(
		mailbox: Bytes,
		token: Bytes,
		type: T,
		frame: (number: number) => Asked,
		numbered?: Numbered,
	): Outcome<AnswerOf<T>>;
}

export function createAsking(parts: {
	readonly crypto: CryptoProvider;
	readonly requests: Requests;
	readonly greeted: Promise<Result<Here, HelloError>>;
	/** The relay answered with something that doesn't belong there. */
	readonly onStrange: () => void;
}): Asking {
	const { crypto, requests, greeted, onStrange } = parts;
	/** By mailbox (hex): resolves when what was asked before has been sent. */
	const lines = new Map<string, Promise<void>>();
	const proofs = new Map<string, Outcome>();
	const tokens = new Map<string, { readonly number: number; readonly proven: Outcome }>();
	let lastToken = 0;

	const send = async <T extends AnswerFrame['type']>(
		type: T,
		frame: Asked,
		numbered?: Numbered,
	): Outcome<AnswerOf<T>> => {
		const answered = await requests.ask((request) => {
			numbered?.(request);
			return encodeClientFrame({ ...frame, request });
		});
		if (!answered.ok) return answered;
		const answer = answered.value;
		if (answer.type === 'error') {
			const error = { type: ERROR_TYPE[answer.code], detail: answer.words };
			const { retryAfter } = answer;
			return err(retryAfter > 0 ? { ...error, retryAfter: retryAfter * 1000 } : error);
		}
		if (answer.type === type) return ok(answer as AnswerOf<T>);
		onStrange();
		return err({ type: 'disconnected', detail: 'the relay answered something else' });
	};

	const ask: Asking['ask'] = async (mailbox, type, frame, numbered) => {
		const key = toHex(mailbox);
		let answer: ReturnType<typeof send<typeof type>> | undefined;
		const line = (lines.get(key) ?? Promise.resolve()).then(async () => {
			const greeting = await greeted;
			if (!greeting.ok) {
				answer = Promise.resolve(
					err({ type: 'disconnected' as const, detail: greeting.error.detail }),
				);
				return;
			}
			const made = await frame(greeting.value);
			answer = send(type, made, numbered);
		});
		lines.set(key, line);
		await line;
		if (lines.get(key) === line) lines.delete(key);
		return answer ?? err({ type: 'disconnected', detail: 'never sent' });
	};

	const prove = (mailbox: Bytes, writeKey: SigningKey): Outcome => {
		const id = toHex(mailbox) + toHex(writeKey.publicKey);
		const known = proofs.get(id);
		if (known !== undefined) return known;
		const proof = ask(mailbox, 'done', async (here) => ({
			type: 'prove' as const,
			mailbox,
			signature: await writeKey.sign(writeAccessContent(here, mailbox)),
		})).then((done) => {
			if (!done.ok) proofs.delete(id);
			return done.ok ? ok() : done;
		});
		proofs.set(id, proof);
		return proof;
	};

	const named = (mailbox: Bytes, token: Bytes): { number: number; proven: Outcome } => {
		const id = toHex(mailbox) + toHex(token);
		const known = tokens.get(id);
		if (known !== undefined) return known;
		lastToken += 1;
		const number = lastToken;
		const proven = ask(mailbox, 'done', async (here) => {
			const key = await crypto.signingKey(token);
			const signature = await key.sign(tokenAccessContent(here, mailbox));
			const { publicKey: tokenKey } = key;
			return { type: 'token' as const, mailbox, token: number, tokenKey, signature };
		}).then((done) => {
			if (!done.ok) tokens.delete(id);
			return done.ok ? ok() : done;
		});
		tokens.set(id, { number, proven });
		return { number, proven };
	};

	return {
		send,
		ask,
		async sendProof(mailbox, writeKey) {
			void prove(mailbox, writeKey);
			await lines.get(toHex(mailbox));
		},
		askAsWriter: async (mailbox, writeKey, type, frame) => {
			const proven = prove(mailbox, writeKey);
			const asked = ask(mailbox, type, () => frame);
			const proof = await proven;
			return proof.ok ? asked : proof;
		},
		askAsReader: async (mailbox, token, type, frame, numbered) => {
			const { number, proven } = named(mailbox, token);
			const asked = ask(mailbox, type, () => frame(number), numbered);
			const proof = await proven;
			return proof.ok ? asked : proof;
		},
	};
}
