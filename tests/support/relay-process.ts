// A real relay: the server as its own process, and clients that reach it over WebSocket.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { createCryptoProvider } from '#lib/crypto/provider.ts';
import type { MailboxClient } from '#lib/mailbox/client-api.ts';
import { createMailboxClient } from '#lib/mailbox/client.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { FrameChannel } from '#lib/ports/channel.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { Bytes } from '#lib/util/bytes.ts';

const MAIN = fileURLToPath(new URL('../../relay-server/main.ts', import.meta.url));

export interface RelayProcess {
	/** WebSocket URL it printed first. */
	readonly url: string;
	readonly port: number;
	readonly output: () => string;
	readonly child: ChildProcess;
	/** Sends the signal; resolves with the exit code once it has ended. */
	end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Runs it to its end. */
export function runRelay(
	args: readonly string[],
	environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
	const child = spawn(process.execPath, [MAIN, ...args], {
		env: { ...process.env, ...environment },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let output = '';
	child.stdout.on('data', (text: Buffer) => (output += text.toString()));
	child.stderr.on('data', (text: Buffer) => (output += text.toString()));
	return new Promise((resolve) => {
		child.once('close', (code) => {
			resolve({ code, output });
		});
	});
}

/** Starts one on a free port of this machine and waits until it serves; `through` is a command that runs commands. */
export function startRelayProcess(
	args: readonly string[],
	through: readonly string[] = [],
): Promise<RelayProcess> {
	const own = [process.execPath, MAIN, '--host', '127.0.0.1', '--port', '0'];
	const [command = '', ...words] = [...through, ...own, ...args];
	const child = spawn(command, words, {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let output = '';
	const exited = new Promise<number | null>((resolve) => {
		child.once('close', (code) => {
			resolve(code);
		});
	});
	return new Promise((resolve, reject) => {
		const look = (text: Buffer): void => {
			output += text.toString();
			const found =
				/Relay: {2}(\S+)[^]*STUN: {3}UDP port (\d+)[^]*(?:Link|For): /.exec(output) ??
				/"event":"started","urls":\["([^"]+)"[^]*"stun":(\d+)/.exec(output);
			if (found === null) return;
			const [, url = '', port = ''] = found;
			resolve({
				url,
				port: Number(port),
				output: () => output,
				child,
				end: (signal) => {
					child.kill(signal);
					return exited;
				},
			});
		};
		child.stdout.on('data', look);
		child.stderr.on('data', look);
		void exited.then(() => {
			reject(new Error(`the relay ended: ${output}`));
		});
	});
}

const random = {
	bytes: (length: number) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
};
const clock: Clock = {
	now: () => Date.now(),
	after: (ms, callback) => {
		const timer = setTimeout(callback, ms);
		return () => {
			clearTimeout(timer);
		};
	},
};

export interface Reached {
	readonly client: MailboxClient;
	/** Close code and reason as the socket saw them. */
	readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Connects; certificates are not looked at. `invitation`: the seed of one that the relay's operator has given. */
export function reachRelay(
	url: string,
	invitation: Bytes | null = null,
	crypto: CryptoProvider = createCryptoProvider(),
): Reached {
	const socket = new WebSocket(url, { rejectUnauthorized: false, perMessageDeflate: false });
	socket.binaryType = 'arraybuffer';
	const waiting: Uint8Array[] = [];
	let over = false;
	const channel: FrameChannel = {
		onFrame: undefined,
		onClose: undefined,
		send: (frame) => {
			if (socket.readyState === WebSocket.OPEN) socket.send(frame);
			else if (socket.readyState === WebSocket.CONNECTING) waiting.push(frame);
		},
		buffered: () => socket.bufferedAmount,
		close: () => {
			socket.close();
		},
	};
	const end = (reason: string): void => {
		if (over) return;
		over = true;
		channel.onClose?.(reason);
	};
	socket.on('open', () => {
		for (const frame of waiting) socket.send(frame);
	});
	socket.on('message', (data) => channel.onFrame?.(new Uint8Array(data as ArrayBuffer)));
	socket.on('error', (cause) => {
		end(cause.message);
	});
	const closed = new Promise<{ code: number; reason: string }>((resolve) => {
		socket.on('close', (code, reason) => {
			resolve({ code, reason: reason.toString() });
			end(reason.toString());
		});
	});
	const shown = () => invitation;
	const client = createMailboxClient({ channel, crypto, clock, random, invitation: shown });
	return { client, closed };
}
