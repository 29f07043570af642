// What the chat list says of a space: its channels, what came last, how much is unread.
import { createSignal, type Readable } from '#lib/util/signal.ts';
import { compareTime, type Time } from '#lib/protocol/entry.ts';
import type { LoggedMessage } from '#lib/crdt/segment.ts';
import type { Authority, PersonState } from '#lib/crdt/authority-state.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import type { ChannelSummary, MemberView } from './api.ts';
import type { ReadMarks } from './conversation.ts';
import type { Ports, Self } from './ports.ts';
import { powersIn } from './powers.ts';
import type { SpaceNode } from './space-node-face.ts';
import type { Space } from './space/space-face.ts';
import { namesakesIn } from './warnings.ts';

interface ChannelState {
	readonly id: Bytes;
	name: string;
	archived: boolean;
	readOnly: boolean;
	timer: number;
	read: Time;
	unread: number;
	last: { readonly text: string; readonly time: Time } | null;
}

/** Whether this very device is let in, and not only its person. */
export const isMember = ({ ledger }: Space, { device }: Self): boolean =>
	ledger.authority.devices.get(toHex(device.publicKey))?.active === true;

export interface Summaries {
	readonly channels: Readable<readonly ChannelSummary[]>;
	readonly members: Readable<readonly MemberView[]>;
	unread(): number;
	last(): { readonly text: string; readonly time: Time } | null;
	/** The authority log changed: channels or members may have. */
	update(): Promise<void>;
	/** Who is there changed. */
	updateMembers(): void;
	/** Only who is online may have changed: that is told far more often than anything else. */
	updateOnline(): void;
	added(channel: string, messages: readonly LoggedMessage[]): void;
	/** These channels (hex) lost messages. */
	recount(channels: ReadonlySet<string>): Promise<void>;
	/** Its past was taken in, and how far that was read. */
	recalled(): Promise<void>;
	/** Everything up to this time has been seen; true when that changed anything. */
	read(channel: string, time: Time): Promise<boolean>;
}

export interface SummaryEvents {
	isBlocked(rootHash: string): boolean;
	isVerified(rootHash: string): boolean;
	/** The person sees of others that they are there, as others do of them. */
	isShown(): boolean;
}

export function createSummaries(
	{ store }: Ports,
	self: Self,
	node: SpaceNode,
	marks: ReadMarks,
	{ isBlocked, isVerified, isShown }: SummaryEvents,
): Summaries {
	const { space } = node;
	const states = new Map<string, ChannelState>();
	const channels = createSignal<readonly ChannelSummary[]>([]);
	const members = createSignal<readonly MemberView[]>([]);

	const isUnread = (state: ChannelState, message: LoggedMessage): boolean =>
		!equal(message.author, self.rootHash) && compareTime(message.time, state.read) > 0;

	const publish = (): void => {
		const powers = powersIn(space.ledger, self.rootHash);
		const isIn = isMember(space, self);
		channels.set(
			[...states.values()].map(({ id, name, unread, archived, readOnly, timer }) => ({
				id: toHex(id),
				name,
				unread,
				archived,
				readOnly,
				timer,
				mayWrite: isIn && powers.isMember && !archived && (!readOnly || powers.channels),
			})),
		);
	};

	const note = (state: ChannelState, messages: readonly LoggedMessage[]): void => {
		for (const message of messages) {
			// There is nothing to read of it, nor to show.
			if (message.gone !== null) continue;
			if (isUnread(state, message)) state.unread += 1;
			if (state.last === null || compareTime(message.time, state.last.time) > 0) {
				state.last = { text: message.text.slice(0, 200), time: message.time };
			}
		}
	};

	/** The newest stretch says enough: what came last, and as much unread as anybody counts. */
	async function count(state: ChannelState): Promise<void> {
		const log = space.log(state.id);
		const newest = await log.read((await log.stretches()) - 1);
		state.unread = 0;
		state.last = null;
		note(state, newest);
	}

	async function load({ id, ...rest }: Authority['channels'][number]): Promise<void> {
		const key = toHex(id);
		const [marked, began] = [await marks.get(id), space.began()];
		const read = compareTime(marked, began) < 0 ? began : marked;
		const state: ChannelState = { id, ...rest, read, unread: 0, last: null };
		await count(state);
		if (!states.has(key)) states.set(key, state);
	}

	/** It can be reached, and says that this may be shown. [ON1] [ON2] */
	const isSeen = (device: string): boolean =>
		node.post.route(device) !== null && node.reach.recordOf(device)?.shown === true;
	const isOnline = ({ rootHash, devices }: PersonState): boolean =>
		equal(rootHash, self.rootHash) ||
		(isShown() && devices.some(({ device }) => isSeen(toHex(device))));

	/** In the order of the members shown. */
	let shown: readonly PersonState[] = [];

	function updateMembers(): void {
		const { authority, feeds } = space.ledger;
		const powers = powersIn(space.ledger, self.rootHash);
		const namesakes = namesakesIn(space.ledger);
		shown = [...authority.people.values()].filter((person) => person.active);
		members.set(
			shown.map((person) => ({
				rootHash: toHex(person.rootHash),
				name: person.name,
				isMe: equal(person.rootHash, self.rootHash),
				role: roleOf(authority, person),
				shadowBanned: powers.moderate && authority.shadowed.has(toHex(person.rootHash)),
				forked: person.devices.some(
					({ device }) => (feeds.get(toHex(device))?.frozenAt ?? null) !== null,
				),
				blocked: isBlocked(toHex(person.rootHash)),
				verified: isVerified(toHex(person.rootHash)),
				namesake: namesakes.has(toHex(person.rootHash)),
				may: powers.over(person.rootHash),
				devices: person.devices.filter(({ active }) => active).length,
				online: isOnline(person),
			})),
		);
	}

	function updateOnline(): void {
		const before = members.get();
		const now = shown.map(isOnline);
		if (before.every(({ online }, n) => online === now[n])) return;
		members.set(before.map((member, n) => ({ ...member, online: now[n] ?? false })));
	}

	async function update(): Promise<void> {
		for (const channel of space.ledger.authority.channels) {
			const known = states.get(toHex(channel.id));
			if (known === undefined) await load(channel);
			else Object.assign(known, channel);
		}
		publish();
		updateMembers();
	}

	return {
		channels,
		members,
		unread: () => [...states.values()].reduce((sum, state) => sum + state.unread, 0),
		last: () =>
			[...states.values()].reduce<ChannelState['last']>(
				(latest, { last }) =>
					last !== null && (latest === null || compareTime(last.time, latest.time) > 0)
						? last
						: latest,
				null,
			),
		update,
		async recalled() {
			for (const state of states.values()) {
				const read = await marks.get(state.id);
				if (compareTime(read, state.read) > 0) state.read = read;
				await count(state);
			}
			await update();
		},
		updateMembers,
		updateOnline,
		added(channel, messages) {
			const state = states.get(channel);
			if (state === undefined) return;
			note(state, messages);
			publish();
		},
		async recount(shrunk) {
			for (const key of shrunk) {
				const state = states.get(key);
				if (state !== undefined) await count(state);
			}
			publish();
		},
		async read(channel, time) {
			const state = states.get(channel);
			if (state === undefined || compareTime(time, state.read) <= 0) return false;
			state.read = time;
			await count(state);
			publish();
			await store.commit([marks.write(state.id, time)]);
			return true;
		},
	};
}

const roleOf = (authority: Authority, person: PersonState): MemberView['role'] => {
	if (person.founder) return 'founder';
	return authority.ranks.has(toHex(person.rootHash)) ? 'powernode' : 'member';
};
