// Redis streams with the append-only file synced for every write: durable before OK. A stream for each mailbox and a
// consumer group for each recipient, who reads and acknowledges up to 64 at a time; a script deletes what all have.
import { createClient } from '@redis/client';
import { freePort, numberOf, programOf, startServer } from './programs.mjs';

const AT_ONCE = 64;
// Of a stream with more recipients it counts who has acknowledged what; with one, there is nothing to count.
const ACKNOWLEDGE = `
	redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, 3))
	local all = tonumber(ARGV[2])
	for i = 3, #ARGV do
		if all == 1 then
			redis.call('XDEL', KEYS[1], ARGV[i])
		elseif redis.call('HINCRBY', KEYS[2], ARGV[i], 1) == all then
			redis.call('HDEL', KEYS[2], ARGV[i])
			redis.call('XDEL', KEYS[1], ARGV[i])
		end
	end`;

export async function start(folder) {
	const port = await freePort();
	const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
	const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
	const server = await startServer(programOf('redis-server'), [...options, ...durable], port);
	const clients = [];
	const reach = async () => {
		const client = createClient({ url: `redis://127.0.0.1:${port}` });
		client.on('error', () => undefined);
		await client.connect();
		clients.push(client);
		return client;
	};
	let isOver = false;
	let streams = 0;
	const nameOf = (mailbox) => `m${mailbox}`;

	const read = async (mailbox, group, recipients, script, acknowledged) => {
		const [reader, writer] = [await reach(), await reach()];
		const [key, kept] = [nameOf(mailbox), `${nameOf(mailbox)}.seen`];
		const acknowledge = async (messages) => {
			const ids = messages.map(({ id }) => id);
			await writer.evalSha(script, {
				keys: [key, kept],
				arguments: [group, `${recipients}`, ...ids],
			});
			for (const { message } of messages) acknowledged(numberOf(message.body));
		};
		const bytes = reader.withTypeMapping({ 36: Buffer });
		while (!isOver) {
			const how = { COUNT: AT_ONCE, BLOCK: 1000 };
			const found = await bytes.xReadGroup(group, 'c', { key, id: '>' }, how).catch((cause) => {
				if (!isOver) throw cause;
			});
			const messages = found?.[0]?.messages.map(({ id, message }) => ({ id: `${id}`, message }));
			if (messages !== undefined) void acknowledge(messages);
		}
	};

	return {
		pids: server.pids,
		connect: async ({ mailboxes, recipients, publishers }, acknowledged) => {
			streams = mailboxes;
			const writers = [];
			for (let n = 0; n < publishers; n++) writers.push(await reach());
			const script = await writers[0].scriptLoad(ACKNOWLEDGE);
			for (let mailbox = 0; mailbox < mailboxes; mailbox++) {
				for (let n = 0; n < recipients; n++) {
					await writers[0].xGroupCreate(nameOf(mailbox), `g${n}`, '$', { MKSTREAM: true });
					void read(mailbox, `g${n}`, recipients, script, acknowledged);
				}
			}
			return async (publisher, mailbox, body) => {
				await writers[publisher].xAdd(nameOf(mailbox), '*', { body: Buffer.from(body.buffer) });
			};
		},
		left: async () => {
			let sum = 0;
			for (let mailbox = 0; mailbox < streams; mailbox++) {
				sum += await clients[0].xLen(nameOf(mailbox));
			}
			return sum;
		},
		end: async () => {
			isOver = true;
			for (const client of clients) client.destroy();
			await server.end();
		},
	};
}
