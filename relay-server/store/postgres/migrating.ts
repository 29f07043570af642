// Brings everything that one SQLite file keeps into an empty PostgreSQL database: all of it or nothing. [RV18]
import type { DatabaseSync } from 'node:sqlite';
import type { Line, Statements } from './line.ts';
import { prepareSchema } from './schema.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

type Type = 'bigint' | 'bytea' | 'boolean' | 'text';
interface Table {
	readonly name: string;
	/** Columns of the new table with their types. */
	readonly columns: Readonly<Record<string, Type>>;
	/** Where the rows come from, in an order that never changes; `*` of the columns by default. */
	readonly from: string;
	/** The column whose values the database gives from then on. */
	readonly numbered: 'id' | 'number' | null;
}

const TABLES: readonly Table[] = [
	{
		name: 'mailboxes',
		columns: {
			id: 'bigint',
			mailbox: 'bytea',
			write_key: 'bytea',
			owner_key: 'bytea',
			open: 'boolean',
			tokens: 'bigint',
			highest: 'bigint',
			packets: 'bigint',
			bytes: 'bigint',
			deliveries: 'bigint',
			unfinished: 'bigint',
			idle_since: 'bigint',
			invitation: 'bytea',
		},
		from: 'mailboxes',
		numbered: 'id',
	},
	{
		name: 'tokens',
		columns: { id: 'bigint', mailbox: 'bigint', hash: 'bytea', state: 'bigint', seen: 'bigint' },
		from: 'tokens',
		numbered: 'id',
	},
	{
		name: 'packets',
		columns: {
			id: 'bigint',
			mailbox: 'bigint',
			number: 'bigint',
			packet: 'bytea',
			delete_hash: 'bytea',
			expiry: 'bigint',
			due: 'bigint',
			size: 'bigint',
			bytes: 'bigint',
			chunks: 'bigint',
			recipients: 'bytea',
			block: 'bytea',
		},
		from: 'packets JOIN blocks USING (id)',
		numbered: 'id',
	},
	{
		name: 'chunks',
		columns: { packet: 'bigint', position: 'bigint', bytes: 'bytea' },
		from: 'chunks',
		numbered: null,
	},
	{
		name: 'deliveries',
		columns: { token: 'bigint', number: 'bigint', packet: 'bigint' },
		from: 'deliveries',
		numbered: null,
	},
	{
		name: 'contents',
		columns: { token: 'bigint', packet: 'bigint' },
		from: 'contents',
		numbered: null,
	},
	{
		name: 'tombstones',
		columns: { mailbox: 'bigint', packet: 'bytea', expiry: 'bigint' },
		from: 'tombstones',
		numbered: null,
	},
	{
		name: 'invitations',
		columns: { number: 'bigint', hash: 'bytea', name: 'text', made: 'bigint' },
		from: 'invitations',
		numbered: 'number',
	},
];

/** Rows in one statement: of the largest blocks and chunks these are a few MiB. */
const STEP = 100;

function valueFor(type: Type, value: unknown): unknown {
	if (type === 'boolean') return value === 1;
	return value instanceof Uint8Array ? Buffer.from(value) : value;
}

async function copyTable(from: DatabaseSync, to: Statements, table: Table): Promise<number> {
	const names = Object.keys(table.columns);
	const types = Object.values(table.columns);
	const lists = types.map((type, n) => `$${String(n + 1)}::${type}[]`).join(', ');
	const insert = `INSERT INTO aegis_${table.name} (${names.join(', ')})
		${table.numbered === null ? '' : 'OVERRIDING SYSTEM VALUE'} SELECT * FROM unnest(${lists})`;
	let count = 0;
	let rows: Readonly<Record<string, unknown>>[] = [];
	const flush = async (): Promise<void> => {
		if (rows.length === 0) return;
		const columns = names.map((name, n) =>
			rows.map((row) => valueFor(types[n] ?? 'bigint', row[name])),
		);
		count += await to.run(insert, ...columns);
		rows = [];
	};
	for (const row of from.prepare(`SELECT ${names.join(', ')} FROM ${table.from}`).iterate()) {
		rows.push(row);
		if (rows.length >= STEP) await flush();
	}
	await flush();
	if (table.numbered !== null) {
		await to.all(
			`SELECT setval(pg_get_serial_sequence('aegis_${table.name}', '${table.numbered}'), max(${table.numbered}))
			FROM aegis_${table.name} HAVING max(${table.numbered}) IS NOT NULL`,
		);
	}
	return count;
}

export interface Migrated {
	readonly mailboxes: number;
	readonly packets: number;
}

/** `seed`: the relay's, which the database keeps from then on. Rejects when the database does. */
export function migrate(
	from: DatabaseSync,
	to: Line,
	seed: Uint8Array,
): Promise<Result<Migrated, string>> {
	return to.transaction(async (db) => {
		const prepared = await prepareSchema(db);
		if (!prepared.ok) return err(`The database can't be used: ${prepared.error.detail}.`);
		const [used] = await db.all(
			'SELECT 1 FROM aegis_mailboxes UNION ALL SELECT 1 FROM aegis_relay WHERE seed IS NOT NULL',
		);
		if (used !== undefined) return err('The database serves a relay already: use an empty one.');
		const counts = new Map<string, number>();
		for (const table of TABLES) counts.set(table.name, await copyTable(from, db, table));
		const { floor } = from.prepare('SELECT floor FROM numbers').get() as { floor: number };
		await db.run('UPDATE aegis_relay SET floor = $1, seed = $2', floor, Buffer.from(seed));
		return ok({
			mailboxes: counts.get('mailboxes') ?? 0,
			packets: counts.get('packets') ?? 0,
		});
	});
}
