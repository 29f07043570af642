// The admin socket: HTTP with JSON over a local socket that only the relay's own user can open. [RV12]
//
// GET /status · GET /quota · PUT /quota · POST /drain · POST /backup · GET /invites · POST /invites · POST /revoke
import { chmod, unlink } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import * as v from 'valibot';
import type { RelayCare } from './care.ts';
import { causeText } from './listening.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface AdminServer {
	close(): void;
}

const MAX_BODY = 65_536;
/** What kernels take for the path of a socket. */
const MAX_PATH = 103;

const natural = v.pipe(v.number(), v.integer(), v.minValue(1));
const quotaShape = v.partial(
	v.strictObject({ connections: natural, mailboxes: natural, bytes: natural }),
);
/** Milliseconds. */
const drainShape = v.strictObject({ within: v.pipe(v.number(), v.integer(), v.minValue(0)) });
const inviteShape = v.strictObject({ name: v.pipe(v.string(), v.maxLength(200)) });
const revokeShape = v.strictObject({ number: natural });
const backupShape = v.strictObject({ to: v.string() });

type Answer = Result<unknown, string>;
type Ask = (care: RelayCare, body: unknown) => Promise<Answer>;

const taking =
	<T>(
		shape: v.GenericSchema<unknown, T>,
		ask: (care: RelayCare, asked: T) => Promise<Answer>,
	): Ask =>
	async (care, body) => {
		const asked = v.safeParse(shape, body);
		if (!asked.success) return err(`not understood: ${asked.issues[0].message}`);
		return ask(care, asked.output);
	};

const REQUESTS: Readonly<Record<string, Ask>> = {
	'GET /status': async (care) => ok(await care.status()),
	'GET /quota': async (care) => Promise.resolve(ok(care.quota())),
	'PUT /quota': taking(quotaShape, (care, change) =>
		care.setQuota(change as Parameters<RelayCare['setQuota']>[0]),
	),
	'POST /drain': taking(drainShape, async (care, { within }) => {
		care.drain(within);
		return ok(await care.status());
	}),
	'GET /invites': async (care) => ok(await care.invitations()),
	'POST /invites': taking(inviteShape, (care, { name }) => care.invite(name)),
	'POST /revoke': taking(revokeShape, async (care, { number }) => {
		const revoked = await care.revoke(number);
		return revoked.ok ? ok({ revoked: revoked.value }) : revoked;
	}),
	'POST /backup': taking(backupShape, (care, { to }) => care.backup(to)),
};

async function bodyOf(request: IncomingMessage): Promise<unknown> {
	let text = '';
	for await (const part of request.setEncoding('utf8')) {
		text += String(part);
		if (text.length > MAX_BODY) throw new Error('too long');
	}
	return text === '' ? undefined : JSON.parse(text);
}

async function answer(
	care: RelayCare,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const ask = REQUESTS[`${request.method ?? ''} ${request.url ?? ''}`];
	let result: Answer;
	try {
		const body = await bodyOf(request);
		result = ask === undefined ? err('There is no such request.') : await ask(care, body);
	} catch (cause) {
		result = err(`That failed: ${causeText(cause)}.`);
	}
	response.statusCode = result.ok ? 200 : 400;
	response.setHeader('Content-Type', 'application/json');
	response.end(JSON.stringify(result.ok ? (result.value ?? {}) : { error: result.error }));
}

/** True when another process answers there. */
const isServed = (path: string): Promise<boolean> =>
	new Promise((resolve) => {
		const socket = connect(path, () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => {
			resolve(false);
		});
	});

export async function serveAdmin(
	path: string,
	care: RelayCare,
): Promise<Result<AdminServer, string>> {
	const choose = 'choose another place with --admin-socket';
	if (Buffer.byteLength(path) > MAX_PATH) {
		return err(`The path of the admin socket is too long (${path}): ${choose}.`);
	}
	if (await isServed(path)) return err(`The admin socket ${path} is in use: ${choose}.`);
	// What a relay that was killed has left.
	await unlink(path).catch(() => undefined);
	const server = createServer((request, response) => void answer(care, request, response));
	return new Promise((resolve) => {
		server.once('error', (cause) => {
			resolve(err(`The admin socket ${path} can't be made: ${causeText(cause)}.`));
		});
		server.listen(path, () => {
			server.on('error', () => undefined);
			void chmod(path, 0o600).then(() => {
				resolve(
					ok({
						close: () => {
							server.close();
							server.closeAllConnections();
						},
					}),
				);
			});
		});
	});
}
