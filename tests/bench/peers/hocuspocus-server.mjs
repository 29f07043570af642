// The server of hocuspocus.mjs: `PORT FOLDER`.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Database } from '@hocuspocus/extension-database';
import { Server } from '@hocuspocus/server';
import { numberOf } from './programs.mjs';

const [port, folder] = process.argv.slice(2);
const db = new DatabaseSync(join(folder, 'documents.db'));
db.exec(`
	PRAGMA journal_mode = WAL;
	PRAGMA synchronous = FULL;
	CREATE TABLE documents (name TEXT PRIMARY KEY, state BLOB NOT NULL);
`);
const read = db.prepare('SELECT state FROM documents WHERE name = ?');
const write = db.prepare('INSERT OR REPLACE INTO documents VALUES (?, ?)');

/** By document, place and message: how many have acknowledged it. */
const counts = new Map();

const server = new Server({
	quiet: true,
	address: '127.0.0.1',
	extensions: [
		new Database({
			fetch: async ({ documentName }) => read.get(documentName)?.state ?? null,
			store: async ({ documentName, state }) => void write.run(documentName, state),
		}),
	],
	onStateless: async ({ documentName, document, payload }) => {
		const [slot, message, recipients] = payload.split(' ');
		const key = `${documentName} ${slot} ${message}`;
		const count = (counts.get(key) ?? 0) + 1;
		if (count < Number(recipients)) {
			counts.set(key, count);
			return;
		}
		counts.delete(key);
		const map = document.getMap('messages');
		const body = map.get(slot);
		// Else the next message is in its place already.
		if (body !== undefined && numberOf(body) === Number(message)) map.delete(slot);
	},
});
await server.listen(Number(port));
