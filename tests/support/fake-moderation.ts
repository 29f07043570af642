// Moderation of a fake space: its members, channels, log and invitations, all of which change when somebody acts.
import type {
	ActionView,
	ChannelSummary,
	MemberView,
	MessageView,
	Moderation,
	ModerationError,
	OpenInvitation,
} from '#lib/messenger/api.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { createSignal, type Signal } from '#lib/util/signal.ts';
import { fakeChannels, fakeHash, PEOPLE, plainMessage } from './fake-data.ts';
import { fakeInvitations, fakeLog } from './fake-log.ts';

export type FakeRole = MemberView['role'];

export interface FakeSpace {
	readonly members: Signal<readonly MemberView[]>;
	readonly channels: Signal<readonly ChannelSummary[]>;
	readonly moderation: Moderation;
	/** A message as this person sees it: with its powers, and folded if its author is blocked. */
	dress(message: MessageView): MessageView;
	block(rootHash: string, blocked: boolean): void;
	verify(rootHash: string, verified: boolean): void;
	addInvitation(invitation: OpenInvitation): void;
}

interface Parts {
	readonly me: { readonly rootHash: string; readonly name: string };
	readonly role: FakeRole;
	/** Somebody made it just now: nobody else is in it. */
	readonly fresh: boolean;
	readonly space: string;
	/** Of all channels, in seconds. */
	readonly timer?: number | undefined;
	/** With the first of the people and nobody else. */
	readonly alone: boolean;
	/** With a history of moderation. */
	readonly eventful: boolean;
	/** Root Hash of somebody verified from the start. */
	readonly verified?: string | undefined;
	/** Every act fails with it. */
	readonly failing?: ModerationError['type'] | undefined;
	/** Messages have changed: each is shown anew by `change`. */
	onMessages(change: (message: MessageView) => MessageView): void;
	find(message: string): MessageView | undefined;
}

const RANK: Record<FakeRole, number> = { founder: 0, powernode: 1, member: 9 };

export function createFakeSpace(parts: Parts): FakeSpace {
	const { me, role, eventful, fresh } = parts;
	const invitations = createSignal<readonly OpenInvitation[]>(
		fresh ? [] : fakeInvitations(me.rootHash),
	);
	const log = createSignal<readonly ActionView[]>(eventful ? fakeLog(role !== 'member') : []);
	const channels = createSignal(
		fakeChannels(parts.space, eventful, role !== 'member').map((channel) => ({
			...channel,
			timer: parts.timer ?? 0,
		})),
	);
	const moderates = role !== 'member';

	const withPowers = (member: MemberView): MemberView => {
		const above = moderates && !member.isMe && RANK[role] < RANK[member.role];
		return {
			...member,
			may: {
				ban: above,
				shadowBan: above && member.role === 'member',
				grant: above && member.role === 'member',
				revoke: above && member.role === 'powernode',
			},
		};
	};
	const member = (rootHash: string, name: string, rest: Partial<MemberView>): MemberView =>
		withPowers({
			rootHash,
			name,
			isMe: false,
			role: 'member',
			shadowBanned: false,
			forked: false,
			blocked: false,
			verified: false,
			namesake: false,
			may: { ban: false, shadowBan: false, grant: false, revoke: false },
			devices: 1,
			online: false,
			...rest,
		});
	const firstOf: FakeRole = role === 'founder' ? 'member' : 'founder';
	const members = createSignal<readonly MemberView[]>([
		member(me.rootHash, me.name, { isMe: true, role, online: true }),
		...(fresh ? [] : PEOPLE.slice(0, parts.alone ? 1 : undefined)).map((person, index) =>
			member(fakeHash(person.key), person.name, {
				role: index === 0 ? firstOf : eventful && index === 1 ? 'powernode' : 'member',
				devices: 1 + (index % 2),
				online: index < 3,
				...(parts.verified === fakeHash(person.key) ? { verified: true } : {}),
				...(eventful && person.key === 'ines' ? { shadowBanned: moderates } : {}),
				...(eventful && person.key === 'tomas' ? { forked: true } : {}),
			}),
		),
	]);

	const change = (rootHash: string, to: Partial<MemberView>): void => {
		members.update((known) =>
			known.map((one) => (one.rootHash === rootHash ? withPowers({ ...one, ...to }) : one)),
		);
	};
	const nameOf = (rootHash: string): string =>
		members.get().find((one) => one.rootHash === rootHash)?.name ?? '';
	let count = 0;
	const note = (type: ActionView['type'], rest: Partial<ActionView>): void => {
		const action: ActionView = {
			id: `act-${String(count++)}`,
			type,
			by: me.rootHash,
			byName: me.name,
			target: null,
			targetName: rest.target === undefined || rest.target === null ? '' : nameOf(rest.target),
			reason: '',
			time: Date.now(),
			verdict: 'valid',
			undone: false,
			mayUndo: type === 'ban' || type === 'shadow-ban',
			messages: 0,
			message: null,
			...rest,
		};
		log.update((known) => [action, ...known]);
	};
	/** After a moment, as the real one; or not at all. */
	const act = async <T>(run: () => T): Promise<Result<T, ModerationError>> => {
		await new Promise((done) => setTimeout(done, 150));
		return parts.failing === undefined ? ok(run()) : err({ type: parts.failing });
	};

	const moderation: Moderation = {
		log,
		invitations,
		may: createSignal({ channels: moderates, moderate: moderates }),
		grant: (target) =>
			act(() => {
				change(target, { role: 'powernode' });
				note('grant', { target });
			}),
		revoke: (target, reason) =>
			act(() => {
				change(target, { role: 'member' });
				note('revoke', { target, reason });
			}),
		ban: (target, { reason }) =>
			act(() => {
				note('ban', { target, reason });
				members.update((known) => known.filter(({ rootHash }) => rootHash !== target));
			}),
		shadowBan: (target, reason) =>
			act(() => {
				note('shadow-ban', { target, reason });
				change(target, { shadowBanned: true });
			}),
		undo: (id, reason) =>
			act(() => {
				const undone = log.get().find((one) => one.id === id);
				if (!undone) return;
				log.update((known) =>
					known.map((one) => (one.id === id ? { ...one, undone: true, mayUndo: false } : one)),
				);
				const { target, targetName } = undone;
				if (target !== null) change(target, { shadowBanned: false });
				const type = undone.type === 'ban' ? 'unban' : 'shadow-unban';
				note(type, { target, targetName, reason });
			}),
		purge: (messages, reason) =>
			act(() => {
				const [first = ''] = messages;
				const target = parts.find(first)?.author ?? null;
				const how = target === me.rootHash ? 'deleted' : 'purged';
				parts.onMessages((message) => {
					if (messages.includes(message.id)) return purged(message, how, me.name, reason);
					const quoted = message.replyTo;
					return quoted && messages.includes(quoted.id)
						? { ...message, replyTo: { ...quoted, text: '' } }
						: message;
				});
				note('purge', { target, reason, messages: messages.length, message: first });
			}),
		report: (message, reason) =>
			act(() => {
				if (moderates)
					note('report', { message, reason, target: parts.find(message)?.author ?? null });
			}),
		recall: (id) =>
			act(() => {
				invitations.update((known) =>
					known.map((one) =>
						one.id === id ? { ...one, state: 'recalled', mayRecall: false } : one,
					),
				);
				note('recall', {});
			}),
		createChannel: (name) =>
			act(() => {
				const id = fakeHash(name);
				const made = {
					id,
					name,
					unread: 0,
					archived: false,
					readOnly: false,
					timer: 0,
					mayWrite: true,
				};
				channels.update((known) => [...known, made]);
				return id;
			}),
		editChannel: (id, to) =>
			act(() => {
				channels.update((known) =>
					known.map((channel) => {
						if (channel.id !== id) return channel;
						const edited = { ...channel, ...to };
						const { archived, readOnly } = edited;
						return { ...edited, mayWrite: !archived && (moderates || !readOnly) };
					}),
				);
			}),
	};

	return {
		members,
		channels,
		moderation,
		dress: (message) => {
			const author = members.get().find(({ rootHash }) => rootHash === message.author);
			const gone = message.gone !== null;
			return {
				...message,
				blocked: author?.blocked === true,
				may: {
					purge: !gone && !message.mine && moderates,
					delete: !gone && message.mine,
					report: !gone && !message.mine,
				},
			};
		},
		block: (rootHash, blocked) => {
			change(rootHash, { blocked });
			parts.onMessages((message) =>
				message.author === rootHash ? { ...message, blocked } : message,
			);
		},
		verify: (rootHash, verified) => {
			change(rootHash, { verified });
		},
		addInvitation: (invitation) => {
			invitations.update((known) => [invitation, ...known]);
		},
	};
}

const purged = (
	message: MessageView,
	how: 'purged' | 'deleted',
	byName: string,
	reason: string,
): MessageView => ({
	...plainMessage,
	...message,
	text: '',
	replyTo: null,
	delivery: null,
	gone: { how, byName, reason },
	may: { purge: false, delete: false, report: false },
});
