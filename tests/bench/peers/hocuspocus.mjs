// Hocuspocus: a document for each mailbox, a message is an entry of its map. Not durable before OK: it writes the
// document to SQLite (synchronous=FULL) two to ten seconds later, as is its default. A recipient acknowledges with a
// stateless message, and the server deletes the entry when all have: less work than acknowledging in the document.
import { fileURLToPath } from 'node:url';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { freePort, numberOf, startServer } from './programs.mjs';

const SERVER = fileURLToPath(new URL('./hocuspocus-server.mjs', import.meta.url));

export async function start(folder) {
	const port = await freePort();
	const server = await startServer(process.execPath, [SERVER, `${port}`, folder], port);
	const sockets = [];
	const maps = [];
	const reach = () => {
		const socket = new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}` });
		sockets.push(socket);
		return socket;
	};
	const join = (websocketProvider, mailbox) =>
		new Promise((resolve) => {
			const provider = new HocuspocusProvider({
				websocketProvider,
				name: `m${mailbox}`,
				onSynced: () => resolve(provider),
			});
			provider.attach();
		});

	const read = async (mailbox, recipients, acknowledged) => {
		const provider = await join(reach(), mailbox);
		const map = provider.document.getMap('messages');
		map.observe(({ keysChanged }) => {
			for (const slot of keysChanged) {
				const body = map.get(slot);
				if (body === undefined) continue;
				const message = numberOf(body);
				provider.sendStateless(`${slot} ${message} ${recipients}`);
				acknowledged(message);
			}
		});
	};

	return {
		pids: server.pids,
		connect: async ({ mailboxes, recipients, publishers }, acknowledged) => {
			for (let mailbox = 0; mailbox < mailboxes; mailbox++) {
				for (let n = 0; n < recipients; n++) await read(mailbox, recipients, acknowledged);
			}
			const writers = Array.from({ length: publishers }, () => ({ socket: reach(), maps: [] }));
			const mapOf = (publisher, mailbox) => {
				const { socket, maps: own } = writers[publisher];
				own[mailbox] ??= join(socket, mailbox).then(({ document }) => {
					maps[mailbox] = document.getMap('messages');
					return maps[mailbox];
				});
				return own[mailbox];
			};
			return async (publisher, mailbox, body, slot) => {
				(await mapOf(publisher, mailbox)).set(`${publisher}.${slot}`, body);
			};
		},
		left: async () => maps.reduce((sum, map) => sum + map.size, 0),
		end: async () => {
			for (const socket of sockets) socket.destroy();
			await server.end();
		},
	};
}
