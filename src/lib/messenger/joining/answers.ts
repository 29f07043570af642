// The answers that newcomers and fresh devices get: each signed by the device that gives it, for the one who asked, so that
// nobody else can give them in a member's name. One that is longer than a block goes in parts. [IN4] [IN8] [DK2]
import { rootHashOf } from '#lib/crypto/hash.ts';
import { verifyCertificate } from '#lib/crypto/identity.ts';
import { MAX_SEALED_TO, openWith } from '#lib/crypto/seal.ts';
import {
	decodeJoinAnswer,
	decodeJoinReply,
	encodeJoinAnswer,
	encodeJoinReply,
	joinAnswerContent,
	type JoinReply,
} from '#lib/protocol/lobby.ts';
import { partsOf, type Part } from '#lib/protocol/part.ts';
import type { AgreementKey, CryptoProvider } from '#lib/ports/crypto.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import type { Self } from '../ports.ts';

/** Whom an answer is for: the space and the token of the request. */
export interface Asker {
	readonly space: Bytes;
	readonly tokenHash: Bytes;
}

export type WholeReply = Exclude<JoinReply, { type: 'part' }>;

export interface Answer {
	readonly reply: WholeReply;
	/** The device that signed it. */
	readonly device: Bytes;
	/** Root Hash of the person who certified that device. */
	readonly rootHash: Bytes;
}

/** What is to be sealed to the asker's prekey: one block, or several. */
export async function encodeAnswer(
	crypto: CryptoProvider,
	{ device, member }: Self,
	{ space, tokenHash }: Asker,
	answer: WholeReply,
): Promise<readonly Bytes[]> {
	const reply = encodeJoinReply(answer);
	const signature = await device.sign(joinAnswerContent(space, tokenHash, reply));
	const { certificate } = member;
	const whole = encodeJoinAnswer({ certificate, signature, reply });
	if (whole.length <= MAX_SEALED_TO) return [whole];
	return partsOf(crypto, whole).map((part) => encodeJoinReply({ type: 'part', part }));
}

/** What a block holds for whoever has this prekey: an answer, to be checked, or a part of one. */
export async function openBlock(
	crypto: CryptoProvider,
	prekey: AgreementKey,
	block: Bytes,
): Promise<{ readonly whole: Bytes } | { readonly part: Part } | undefined> {
	const opened = await openWith(crypto, prekey, block);
	if (opened === undefined) return undefined;
	const reply = decodeJoinReply(opened);
	return reply.ok && reply.value.type === 'part' ? { part: reply.value.part } : { whole: opened };
}

/** What an answer says, if it is for this asker and genuinely signed. */
export async function readAnswer(
	crypto: CryptoProvider,
	{ space, tokenHash }: Asker,
	whole: Bytes,
): Promise<Answer | undefined> {
	const answer = decodeJoinAnswer(whole);
	if (!answer.ok) return undefined;
	const { certificate, signature, reply } = answer.value;
	const decoded = decodeJoinReply(reply);
	if (!decoded.ok || decoded.value.type === 'part') return undefined;
	if (!(await verifyCertificate(crypto, certificate))) return undefined;
	const signed = joinAnswerContent(space, tokenHash, reply);
	if (!(await crypto.verify(certificate.deviceKey, signed, signature))) return undefined;
	const rootHash = rootHashOf(crypto, certificate.rootKey);
	return { reply: decoded.value, device: certificate.deviceKey, rootHash };
}
