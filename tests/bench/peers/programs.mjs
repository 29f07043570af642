// Servers of the machine, started on a free port of it and ended by their own process.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { delimiter, join } from 'node:path';

/** Debian keeps servers where only root looks. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

export const programOf = (name) =>
	FOLDERS.map((folder) => join(folder, name)).find((file) => existsSync(file));

export async function freePort() {
	const server = createServer();
	await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address();
	await new Promise((resolve) => server.close(resolve));
	return port;
}

const answers = (port) =>
	new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1', () => {
			socket.destroy();
			resolve(true);
		});
		socket.on('error', () => resolve(false));
	});

/** Starts it and waits until it takes connections. */
export async function startServer(program, args, port) {
	const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
	let isOver = false;
	const ended = new Promise((resolve) => {
		child.once('close', () => {
			isOver = true;
			resolve();
		});
	});
	while (!(await answers(port))) {
		if (isOver) throw new Error(`${program} ended`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return {
		pids: [child.pid],
		end: async () => {
			child.kill('SIGTERM');
			await ended;
		},
	};
}

/** A message's number stands at its beginning. */
export const numberOf = (body) => new DataView(body.buffer, body.byteOffset).getUint32(0);
