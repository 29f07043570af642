// One connection to PostgreSQL that heals itself: finds the server that may be written to, bounds every wait, and calls
// nothing committed that might not be. Knows nothing of mailboxes. [RS5] [RS6]
import pg from 'pg';
import { asBytes } from './values.ts';

type Value = unknown;

/** Runs one statement; prepared once for each connection. */
export interface Statements {
	all<T>(text: string, ...values: Value[]): Promise<T[]>;
	/** Returns how many rows changed. */
	run(text: string, ...values: Value[]): Promise<number>;
}

export interface Line extends Statements {
	/**
	 * Runs `work` as one transaction; work may run again when the database asks for that. When it resolves, all is durable,
	 * on the synchronous standby too where there is one; when it rejects, whether it was committed may be unknown.
	 */
	transaction<T>(work: (db: Statements) => Promise<T>): Promise<T>;
	end(): Promise<void>;
}

/** Milliseconds; clients wait 10 s for an answer. */
const CONNECT_WITHIN = 3000;
const ANSWER_WITHIN = 8000;
const TRIES = 4;
/** serialization_failure and deadlock_detected: rolled back, and worth another try. */
const AGAIN = ['40001', '40P01'];

type Oid = Parameters<typeof pg.types.getTypeParser>[0];
const parserOf = (oid: Oid): ((text: string) => unknown) => {
	if (oid === pg.types.builtins.INT8) return Number;
	if (oid === pg.types.builtins.BYTEA) return asBytes;
	return pg.types.getTypeParser(oid) as (text: string) => unknown;
};

// A server that says less than "on this disk and on the standby's" is told to say no less.
const PREPARE = `
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')`;

const names = new Map<string, string>();
const nameOf = (text: string): string => {
	let name = names.get(text);
	if (name === undefined) {
		name = `s${String(names.size)}`;
		names.set(text, name);
	}
	return name;
};

export const codeOf = (cause: unknown): string =>
	cause instanceof Error && 'code' in cause ? String(cause.code) : '';

export interface Connected {
	readonly client: pg.Client;
	broken: boolean;
	/** Warnings of the server since the last commit began. */
	warnings: number;
}

export const destroy = (client: pg.Client): void => {
	const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
	connection?.stream?.destroy();
};

/** Rejects after `ms`, and tears the connection down: nothing else can be known of it. */
async function within<T>(client: pg.Client, ms: number, work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => {
			destroy(client);
			reject(new Error('the database does not answer'));
		}, ms);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		clearTimeout(timer);
	}
}

async function connectTo(url: string): Promise<Connected> {
	const client = new pg.Client({
		connectionString: url,
		connectionTimeoutMillis: CONNECT_WITHIN,
		keepAlive: true,
		application_name: 'aegis-relay',
		types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
	});
	const connected: Connected = { client, broken: false, warnings: 0 };
	const breakOff = (): void => {
		connected.broken = true;
	};
	client.on('error', breakOff);
	client.on('end', breakOff);
	client.on('notice', ({ severity }) => {
		if (severity === 'WARNING') connected.warnings += 1;
	});
	try {
		await within(client, CONNECT_WITHIN, client.connect());
		const shown = client.query<Record<string, string>>('SHOW transaction_read_only');
		const [row] = (await within(client, CONNECT_WITHIN, shown)).rows;
		if (row?.['transaction_read_only'] !== 'off') throw new Error('only a standby answers');
		await within(client, CONNECT_WITHIN, client.query(PREPARE));
		return connected;
	} catch (cause) {
		destroy(client);
		throw cause;
	}
}

/** The first of these servers that may be written to. */
export async function connect(urls: readonly string[]): Promise<Connected> {
	let last: unknown;
	for (const url of urls) {
		try {
			return await connectTo(url);
		} catch (cause) {
			last = cause;
		}
	}
	throw last;
}

/** `urls`: one server, or a primary and its standbys in any order. */
export function createLine(urls: readonly string[]): Line {
	let current: Promise<Connected> | undefined;
	let ended = false;

	const connected = async (): Promise<Connected> => {
		if (ended) throw new Error('the store is shut down');
		const had = await current?.catch(() => undefined);
		if (had !== undefined && !had.broken) return had;
		if (had !== undefined) destroy(had.client);
		const found = connect(urls);
		current = found;
		return found;
	};

	const query = async (
		{ client }: Connected,
		text: string,
		values: readonly Value[],
	): Promise<pg.QueryResult> => {
		const asked = client.query({ name: nameOf(text), text, values: [...values] });
		return within(client, ANSWER_WITHIN, asked);
	};
	const statementsOn = (find: () => Promise<Connected>): Statements => ({
		all: async <T>(text: string, ...values: Value[]) =>
			(await query(await find(), text, values)).rows as T[],
		run: async (text, ...values) => (await query(await find(), text, values)).rowCount ?? 0,
	});

	const attempt = async <T>(work: (db: Statements) => Promise<T>): Promise<T> => {
		const on = await connected();
		const { client } = on;
		try {
			await within(client, ANSWER_WITHIN, client.query('BEGIN ISOLATION LEVEL READ COMMITTED'));
			const value = await work(statementsOn(async () => on));
			on.warnings = 0;
			const { command } = await within(client, ANSWER_WITHIN, client.query('COMMIT'));
			// A wait for the standby that was broken off is a warning, not an error.
			if (on.warnings > 0) throw new Error('the standby may not have it');
			if (command !== 'COMMIT') throw new Error('rolled back');
			return value;
		} catch (cause) {
			try {
				if (!on.broken) await within(client, CONNECT_WITHIN, client.query('ROLLBACK'));
			} catch {
				on.broken = true;
			}
			throw cause;
		}
	};

	return {
		...statementsOn(connected),
		transaction: async (work) => {
			for (let tries = 1; ; tries++) {
				try {
					return await attempt(work);
				} catch (cause) {
					if (tries === TRIES || !AGAIN.includes(codeOf(cause))) throw cause;
				}
			}
		},
		end: async () => {
			ended = true;
			const had = await current?.catch(() => undefined);
			if (had !== undefined && !had.broken) {
				await within(had.client, CONNECT_WITHIN, had.client.end()).catch(() => undefined);
			}
		},
	};
}
