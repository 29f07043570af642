// Mosquitto, QoS 1, persistent sessions, persistence on: not durable before OK, for it writes its file every half an
// hour. A topic for each mailbox; the client library acknowledges by itself; nobody confirms it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { freePort, numberOf, programOf, startServer } from './programs.mjs';

export async function start(folder) {
	const port = await freePort();
	const config = join(folder, 'mosquitto.conf');
	const data = join(folder, 'data');
	await mkdir(data);
	const lines = [
		`listener ${port} 127.0.0.1`,
		'allow_anonymous true',
		'persistence true',
		`persistence_location ${data}/`,
		'max_inflight_messages 0',
		'max_queued_messages 0',
		'log_type error',
		...(process.getuid?.() === 0 ? ['user root'] : []),
	];
	await writeFile(config, `${lines.join('\n')}\n`);
	const server = await startServer(programOf('mosquitto'), ['-c', config], port);
	const clients = [];
	const reach = async (clientId) => {
		const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId, clean: false });
		clients.push(client);
		return client;
	};

	return {
		pids: server.pids,
		connect: async ({ mailboxes, recipients, publishers }, acknowledged) => {
			const writers = [];
			for (let n = 0; n < publishers; n++) writers.push(await reach(`p${n}`));
			for (let mailbox = 0; mailbox < mailboxes; mailbox++) {
				for (let n = 0; n < recipients; n++) {
					const reader = await reach(`r${mailbox}-${n}`);
					reader.on('message', (_, body) => acknowledged(numberOf(body)));
					await reader.subscribeAsync(`m/${mailbox}`, { qos: 1 });
				}
			}
			return async (publisher, mailbox, body) => {
				await writers[publisher].publishAsync(`m/${mailbox}`, Buffer.from(body.buffer), { qos: 1 });
			};
		},
		left: async () => undefined,
		end: async () => {
			await Promise.all(clients.map((client) => client.endAsync(true)));
			await server.end();
		},
	};
}
