// `migrate`: from the SQLite file of a relay that is not running into PostgreSQL. [RV18]
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Command } from './command.ts';
import { relaySeed } from '../files.ts';
import { causeText } from '../listening.ts';
import { DATABASE } from '../open-store.ts';
import { systemRandom } from '../platform.ts';
import { createLine } from '../store/postgres/line.ts';
import { migrate as bringOver } from '../store/postgres/migrating.ts';
import { prepareSchema } from '../store/schema.ts';
import { err, ok } from '#lib/util/result.ts';

export const migrate: Command = {
	usage: 'migrate --postgres URL',
	help: 'bring the mailboxes of a relay that is not running into an empty PostgreSQL',
	run: async ({ options: { data, postgres } }) => {
		const path = join(data, DATABASE);
		if (postgres === null)
			return err('Say where to: --postgres postgres://user:password@host/database.');
		if (!existsSync(path)) return err(`There are no mailboxes in "${data}".`);
		const seed = await relaySeed(data, systemRandom);
		if (!seed.ok) return seed;
		const db = new DatabaseSync(path);
		const line = createLine(postgres.split(/,(?=postgres)/));
		try {
			const prepared = prepareSchema(db);
			if (!prepared.ok) {
				const locked = prepared.error.type === 'locked';
				return err(
					locked
						? 'The relay is running: end it first.'
						: `The mailboxes can't be read: ${prepared.error.detail}.`,
				);
			}
			const done = await bringOver(db, line, seed.value);
			if (!done.ok) return done;
			const { mailboxes, packets } = done.value;
			return ok(
				`The database holds ${String(mailboxes)} mailboxes and ${String(packets)} packets. Start the relay with the same --postgres; "${data}" keeps its certificates, and its ${DATABASE} is no longer used.`,
			);
		} catch (cause) {
			return err(`The database can't be used: ${causeText(cause)}.`);
		} finally {
			db.close();
			await line.end();
		}
	},
};
