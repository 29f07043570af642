// What its operator can ask of a running relay. [RV12] [RV19]
import type { OpenedStore } from './open-store.ts';
import type { Log } from './log.ts';
import type { LiveQuota } from './options.ts';
import { writeBackup } from './backup.ts';
import type { Gate } from './watched-store.ts';
import { VERSION } from './version.ts';
import type { MailboxLimits } from '#lib/mailbox/limits.ts';
import { hashInvitation } from '#lib/mailbox/proofs.ts';
import type { Clock } from '#lib/ports/clock.ts';
import type { CryptoProvider } from '#lib/ports/crypto.ts';
import type { Invitation } from '#lib/ports/invitations.ts';
import type { Random } from '#lib/ports/random.ts';
import type { Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';

/** As the admin socket gives it. Sums only. */
export interface RelayStatus {
	readonly version: string;
	readonly store: OpenedStore['kind'];
	/** Seconds. */
	readonly uptime: number;
	/** Null when it can store, or a few words. */
	readonly problem: string | null;
	readonly draining: boolean;
	readonly connections: number;
	readonly mailboxes: number;
	readonly packets: number;
	readonly bytes: number;
	/** Resident memory, bytes. */
	readonly memory: number;
}

/** `open`: the relay doesn't ask for them. */
export interface Invitations {
	readonly open: boolean;
	readonly invitations: readonly Invitation[];
}
export interface Invited {
	readonly open: boolean;
	readonly number: number;
	/** The relay's, with the secret that is kept nowhere else. */
	readonly link: string;
}

export interface RelayCare {
	status(): Promise<RelayStatus>;
	quota(): LiveQuota;
	/** Holds from now on, until the relay ends. */
	setQuota(change: Partial<LiveQuota>): Promise<Result<LiveQuota, string>>;
	/** Takes nothing new from now on; `emptied` resolves when nothing waits, or after `within` ms. */
	drain(within: number): void;
	readonly emptied: Promise<void>;
	invite(name: string): Promise<Result<Invited, string>>;
	invitations(): Promise<Invitations>;
	/** False where there is none of this number. */
	revoke(number: number): Promise<Result<boolean, string>>;
	/** Makes the folder `to` with everything that a relay like this one needs. */
	backup(to: string): Promise<Result<void, string>>;
}

export interface CareParts {
	readonly opened: OpenedStore;
	readonly data: string;
	/** Looked at by the mailboxes; changed here. */
	readonly limits: { connections: number; store: MailboxLimits['store'] };
	readonly gate: Gate;
	connections(): number;
	/** Tells all clients. */
	announceDrain(within: number): void;
	problem(): Promise<string | null>;
	readonly clock: Clock;
	readonly random: Random;
	readonly crypto: CryptoProvider;
	readonly log: Log;
	/** Everybody may make mailboxes. */
	readonly open: boolean;
	/** The relay's link with this invitation in it. */
	linkWith(invitation: Bytes): string;
}

const LOOK_EVERY = 1000;

export function createCare(parts: CareParts): RelayCare {
	const { opened, data, limits, gate, clock, random, crypto, log, open } = parts;
	const { store } = opened;
	const started = clock.now();
	let finish = (): void => undefined;
	const emptied = new Promise<void>((resolve) => (finish = resolve));
	let deadline = Infinity;
	let looking = false;

	const look = async (): Promise<void> => {
		const left = await store.totals().then(
			({ packets }) => packets,
			() => 1,
		);
		if (left === 0 || clock.now() >= deadline) {
			log('drained', { packets: left });
			finish();
		} else {
			clock.after(LOOK_EVERY, () => void look());
		}
	};
	const quota = (): LiveQuota => ({
		connections: limits.connections,
		mailboxes: limits.store.mailboxes,
		bytes: limits.store.bytes,
	});

	return {
		status: async () => ({
			version: VERSION,
			store: opened.kind,
			uptime: Math.floor((clock.now() - started) / 1000),
			problem: await parts.problem(),
			draining: gate.draining,
			connections: parts.connections(),
			...(await store.totals()),
			memory: process.memoryUsage.rss(),
		}),
		quota,
		setQuota: async (change) => {
			const next = { ...quota(), ...change };
			const bounds = { ...limits.store, mailboxes: next.mailboxes, bytes: next.bytes };
			const bound = await store.bound(bounds);
			if (!bound.ok) return err(`The store refused: ${bound.error.detail}.`);
			limits.connections = next.connections;
			limits.store = bounds;
			log('quota', { ...next });
			return ok(next);
		},
		drain: (within) => {
			gate.draining = true;
			deadline = clock.now() + within;
			parts.announceDrain(within);
			log('draining', { within: Math.round(within / 1000) });
			if (!looking) clock.after(LOOK_EVERY, () => void look());
			looking = true;
		},
		emptied,
		invite: async (name) => {
			const seed = random.bytes(32);
			const { publicKey } = await crypto.signingKey(seed);
			const now = Math.floor(clock.now() / 1000);
			const made = await store.invite(hashInvitation(crypto, publicKey), name, now);
			if (!made.ok) return err(`The store refused: ${made.error.detail}.`);
			log('invited', { number: made.value });
			return ok({ open, number: made.value, link: parts.linkWith(seed) });
		},
		invitations: async () => ({ open, invitations: await store.invitations() }),
		revoke: async (number) => {
			const revoked = await store.revoke(number);
			if (!revoked.ok) return err(`The store refused: ${revoked.error.detail}.`);
			if (revoked.value) log('revoked', { number });
			return revoked;
		},
		backup: async (to) => {
			if (opened.backup === null) {
				return err('PostgreSQL keeps the mailboxes: back them up with its own tools.');
			}
			const written = await writeBackup(data, to, opened.backup, clock.now());
			log('backup', { done: written.ok });
			return written;
		},
	};
}
