// What the account document says, and how: the names of its values and the shape of each. What doesn't have its shape
// reads as absent, whoever wrote it. [AC3] [AC4]
import {
	bytes,
	decode,
	encode,
	flag,
	list,
	optional,
	text,
	tuple,
	uint,
	type Shape,
} from '#lib/protocol/cbor.ts';
import { MAX_NAME, MAX_VALUE } from '#lib/protocol/limits.ts';
import type { Time } from '#lib/protocol/entry.ts';
import type { Bytes } from '#lib/util/bytes.ts';

export interface Section<T> {
	/** What the names of its values begin with. */
	readonly prefix: string;
	name(...parts: readonly string[]): string;
	/** The parts of a name, or undefined where it is of another section. */
	parts(name: string): readonly string[] | undefined;
	encode(value: T): Bytes;
	decode(value: Bytes | undefined): T | undefined;
}

function section<T, U>(
	word: string,
	shape: Shape<U>,
	to: (value: T) => unknown,
	from: (value: U) => T,
): Section<T> {
	const prefix = `${word}/`;
	return {
		prefix,
		name: (...parts) => prefix + parts.join('/'),
		parts: (name) => (name.startsWith(prefix) ? name.slice(prefix.length).split('/') : undefined),
		encode: (value) => encode(to(value)),
		decode(value) {
			const decoded = value && decode(shape, value, MAX_VALUE);
			return decoded?.ok ? from(decoded.value) : undefined;
		},
	};
}

/** Root Hash → since when somebody's messages are folded away, ms. */
export const BLOCKED = section<number, number>(
	'block',
	uint(2 ** 48),
	(since) => since,
	(since) => since,
);

/** space / channel / device → everything up to then has been read there; of all of a channel the latest counts. */
export const READ = section<Time, readonly [number, number]>(
	'read',
	tuple(uint(2 ** 48), uint(65_535)),
	({ ms, counter }) => [ms, counter],
	([ms, counter]) => ({ ms, counter }),
);

export interface ListedSpace {
	readonly name: string;
	/** False once the person has left it. */
	readonly here: boolean;
}
/** space → what the person's devices know of it. */
export const SPACES = section<ListedSpace, readonly [string, number]>(
	'space',
	tuple(text(MAX_NAME), uint(1)),
	({ name, here }) => [name, here ? 0 : 1],
	([name, left]) => ({ name, here: left === 0 }),
);

/** device → what the person calls it. */
export const DEVICE_NAMES = section<string, string>(
	'name',
	text(MAX_NAME),
	(name) => name,
	(name) => name,
);

export interface SeenDevice {
	/** When it last said so, by its own clock, ms since 1970. */
	readonly at: number;
	/** Spaces in which the installation is another device, each with that one's key. */
	readonly others: readonly { readonly space: Bytes; readonly device: Bytes }[];
}
/** device → its own word about itself. */
export const SEEN = section<SeenDevice, readonly [number, [Bytes, Bytes][]]>(
	'seen',
	tuple(uint(2 ** 48), list(tuple(bytes(32), bytes(32)), 100)),
	({ at, others }) => [at, others.map(({ space, device }) => [space, device])],
	([at, others]) => ({ at, others: others.map(([space, device]) => ({ space, device })) }),
);

/** The longest text of a draft, bytes. */
export const MAX_DRAFT = 16_000;
export interface KeptDraft {
	readonly text: string;
	/** Entry id of the message it answers. */
	readonly replyTo: Bytes | null;
}
/** space / channel → what was typed there and not sent. */
export const DRAFTS = section<KeptDraft, readonly [string, Bytes | null]>(
	'draft',
	tuple(text(MAX_DRAFT), optional(bytes(32))),
	({ text: typed, replyTo }) => [typed, replyTo],
	([typed, replyTo]) => ({ text: typed, replyTo }),
);

/** name → a choice about the interface that is the same on every device. */
export const SETTINGS = section<string, string>(
	'setting',
	text(MAX_NAME),
	(choice) => choice,
	(choice) => choice,
);

/** space → no direct links to those met only there. */
export const HIDDEN = section<boolean, boolean>(
	'hide',
	flag,
	(hidden) => hidden,
	(hidden) => hidden,
);

/** relay → the person wants nothing of it, also where a space names it. */
export const REMOVED_RELAYS = section<boolean, boolean>(
	'no-relay',
	flag,
	(removed) => removed,
	(removed) => removed,
);

/** relay → the person wants their messages to wait there rather than elsewhere. */
export const PREFERRED_RELAYS = section<boolean, boolean>(
	'first-relay',
	flag,
	(preferred) => preferred,
	(preferred) => preferred,
);

/** relay → the seed of the invitation that its operator gave the person. */
export const RELAY_INVITATIONS = section<Bytes, Bytes>(
	'relay-invitation',
	bytes(32),
	(seed) => seed,
	(seed) => seed,
);

/** Root Hash → since when (ms) somebody is verified, and by which name they were known then. */
export const VERIFIED = section<
	{ readonly name: string; readonly since: number },
	readonly [string, number]
>(
	'verified',
	tuple(text(MAX_NAME), uint(2 ** 48)),
	({ name, since }) => [name, since],
	([name, since]) => ({ name, since }),
);

/** So many of each kind fit a value. */
export const MAX_NOTED = 100;
const noted = list(bytes(32), MAX_NOTED);
export interface Noted {
	readonly devices: readonly Bytes[];
	readonly ended: readonly Bytes[];
	readonly namesakes: readonly Bytes[];
}
/** Root Hash → what of somebody verified was taken note of: it can bring nobody's verification back. */
export const NOTED = section<Noted, readonly [Bytes[], Bytes[], Bytes[]]>(
	'noted',
	tuple(noted, noted, noted),
	({ devices, ended, namesakes }) => [devices, ended, namesakes],
	([devices, ended, namesakes]) => ({ devices, ended, namesakes }),
);
