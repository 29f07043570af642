// NATS JetStream, file storage, deleted once every consumer has acknowledged (interest retention). As it comes it is not
// durable before OK: this version syncs every two minutes, and knows no other way. Where the file system does it for it
// (chattr +S: no write returns before it is on disk) it does the same work as the others. One stream, a subject for each mailbox, a durable consumer for each
// recipient; acknowledgements are its plain ones, which nobody confirms.
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
	AckPolicy,
	jetstream,
	jetstreamManager,
	RetentionPolicy,
	StorageType,
} from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freePort, numberOf, programOf, startServer } from './programs.mjs';

const STREAM = 'mail';

export async function startDurable(folder) {
	const synchronous = join(folder, 'synchronous');
	await mkdir(synchronous);
	await promisify(execFile)('chattr', ['+S', synchronous]);
	return start(synchronous);
}

export async function start(folder) {
	const port = await freePort();
	const config = join(folder, 'nats.conf');
	await writeFile(
		config,
		`listen: "127.0.0.1:${port}"\nlog_file: ${JSON.stringify(`${folder}/log`)}\njetstream { store_dir: ${JSON.stringify(folder)} }\n`,
	);
	const server = await startServer(programOf('nats-server'), ['-c', config], port);
	const connections = [];
	const reach = async () => {
		const connection = await connect({ servers: `127.0.0.1:${port}` });
		connections.push(connection);
		return connection;
	};
	const manager = await jetstreamManager(await reach());

	const read = async (mailbox, name, acknowledged) => {
		await manager.consumers.add(STREAM, {
			durable_name: name,
			filter_subject: `mail.${mailbox}`,
			ack_policy: AckPolicy.Explicit,
			max_ack_pending: -1,
		});
		const consumer = await jetstream(await reach()).consumers.get(STREAM, name);
		await consumer.consume({
			max_messages: 500,
			callback: (message) => {
				message.ack();
				acknowledged(numberOf(message.data));
			},
		});
	};

	return {
		pids: server.pids,
		connect: async ({ mailboxes, recipients, publishers }, acknowledged) => {
			await manager.streams.add({
				name: STREAM,
				subjects: ['mail.*'],
				retention: RetentionPolicy.Interest,
				storage: StorageType.File,
			});
			const writers = [];
			for (let n = 0; n < publishers; n++) writers.push(jetstream(await reach()));
			for (let mailbox = 0; mailbox < mailboxes; mailbox++) {
				for (let n = 0; n < recipients; n++) await read(mailbox, `r${mailbox}-${n}`, acknowledged);
			}
			return async (publisher, mailbox, body) => {
				await writers[publisher].publish(`mail.${mailbox}`, body, { timeout: 60_000 });
			};
		},
		left: async () => (await manager.streams.info(STREAM)).state.messages,
		end: async () => {
			await Promise.all(connections.map((connection) => connection.close()));
			await server.end();
		},
	};
}
