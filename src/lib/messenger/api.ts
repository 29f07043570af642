// What the interface sees of the messenger: plain values, ids as lower-case hex, changes as readables.
import type { FileSettings, MessageFiles, SpaceFiles } from './files-api.ts';
import type { Result } from '#lib/util/result.ts';
import type { MeshView } from './mesh-api.ts';
import type { Readable } from '#lib/util/signal.ts';
import type { Archive } from './archive-api.ts';
import type { ConnectionReport } from './connection-api.ts';
import type { Delivery } from './delivery-state.ts';
import type { Devices } from './devices-api.ts';
import type { Drafts } from './drafts.ts';
import type { Fall } from './fallen.ts';
import type { Hiding } from './hiding.ts';
import type { Meeting } from './meeting-api.ts';
import type { AddRelayError, NetworkView, Traffic } from './network-api.ts';
import type { NoticeView } from './notices.ts';
import type { SharedSettings } from './shared-settings.ts';
import type { TypingSigns } from './typing-api.ts';
import type { Verification } from './verification.ts';

export type * from './delivery-state.ts';
export type * from './devices-api.ts';
export type * from './network-api.ts';

export interface Me {
	readonly name: string;
	/** Root Hash, 64 hex characters. */
	readonly rootHash: string;
	readonly deviceName: string;
}

export interface SpaceSummary {
	readonly id: string;
	readonly name: string;
	readonly kind: 'community' | 'direct';
	/** joining: asked, not yet let in. refused: the invitation was not accepted. banned: locked by a ban of oneself. */
	/** unreadable: its keys are here and can't be read; nothing of it was changed. */
	readonly state: 'ready' | 'joining' | 'refused' | 'banned' | 'unreadable';
	/**
	 * Why nothing can be written although it is here. past: nothing else is here, until a member lets this device in. The
	 * others: what let this device in turned out not to count.
	 */
	readonly out: 'past' | Fall | null;
	/** Who banned this person here and why; null unless `state` is banned. */
	readonly ban: BanView | null;
	/** A relay keeps the request to be let in: the page may be closed meanwhile. */
	readonly asked: boolean;
	readonly refusal: 'unknown' | 'expired' | 'spent' | 'full' | null;
	readonly unread: number;
	readonly lastText: string | null;
	readonly lastTime: number | null;
	readonly members: number;
	/** Whoever joins is given everything ever written there. */
	readonly everything: boolean;
}

/** What somebody sees of their own ban. */
export interface BanView {
	readonly byName: string;
	readonly by: string;
	readonly reason: string;
	/** Milliseconds since 1970: by the issuer's clock. */
	readonly time: number;
	/** When everything of this space is destroyed on this device, ms since 1970; null once it is. */
	readonly destroyedAt: number | null;
	/** The ban was undone: whoever gets a new invitation comes back. */
	readonly undone: boolean;
}

export interface ChannelSummary {
	readonly id: string;
	readonly name: string;
	readonly unread: number;
	readonly archived: boolean;
	/** Only Powernodes write here. */
	readonly readOnly: boolean;
	/** Seconds after which messages disappear; 0: never. */
	readonly timer: number;
	/** This person may write here now. */
	readonly mayWrite: boolean;
}

/** What this person may do to a member now. */
export interface MemberPowers {
	readonly ban: boolean;
	readonly shadowBan: boolean;
	readonly grant: boolean;
	readonly revoke: boolean;
}

export interface MemberView {
	readonly rootHash: string;
	readonly name: string;
	readonly isMe: boolean;
	readonly role: 'founder' | 'powernode' | 'member';
	/** Flagged by a shadow-ban; told to Powernodes only. */
	readonly shadowBanned: boolean;
	/** One of its devices has signed two entries for one place: what came after them doesn't count. */
	readonly forked: boolean;
	/** This person's own choice, on this device: its messages are folded away. */
	readonly blocked: boolean;
	/** This person has compared safety numbers with them. */
	readonly verified: boolean;
	/** Somebody else here, or who was here, has a name that looks like this one. */
	readonly namesake: boolean;
	readonly may: MemberPowers;
	/** Those that are not ended. */
	readonly devices: number;
	readonly online: boolean;
}

export interface MessageView {
	readonly id: string;
	readonly author: string;
	readonly authorName: string;
	readonly mine: boolean;
	readonly text: string;
	/** Milliseconds since 1970, by the sender's clock. */
	readonly time: number;
	/** It came after younger ones had been shown. */
	readonly late: boolean;
	/** When it disappears, ms since 1970; null: never. */
	readonly expiry: number | null;
	readonly replyTo: {
		readonly id: string;
		readonly authorName: string;
		readonly text: string;
	} | null;
	/** null for other people's messages. */
	readonly delivery: Delivery | null;
	/** purged: a Powernode removed it. deleted: its author did. unreadable: this device has no key or body for it. */
	readonly gone: {
		readonly how: 'purged' | 'deleted' | 'unreadable';
		readonly byName: string;
		readonly reason: string;
	} | null;
	/** Its author is on the personal block list. */
	readonly blocked: boolean;
	readonly may: { readonly purge: boolean; readonly delete: boolean; readonly report: boolean };
	/** What came with it. */
	readonly files?: MessageFiles;
}

/** empty, too-long: the text. storage: the device could not keep it; nothing was sent. */
export interface SendError {
	readonly type: 'empty' | 'too-long' | 'storage' | 'not-member';
}

export interface Conversation {
	/** The loaded stretch, oldest first; grows at both ends. */
	readonly messages: Readable<readonly MessageView[]>;
	readonly hasOlder: Readable<boolean>;
	/** What is said between them, oldest first. */
	readonly notices: Readable<readonly NoticeView[]>;
	loadOlder(): Promise<void>;
	send(text: string, replyTo?: string): Promise<Result<void, SendError>>;
	/** Everything shown so far has been seen. */
	markRead(): void;
	close(): void;
}

/** What is left out is as usual: a week, a hundred people, members. */
export interface InvitationChoice {
	/** 0: never runs out. */
	readonly days?: number;
	readonly uses?: number;
	readonly powernode?: boolean;
}

export interface InvitationView {
	readonly link: string;
	readonly expiry: number;
	readonly uses: number;
	/** Whoever joins by it is made a Powernode. */
	readonly powernode: boolean;
	/** False when no relay is known: the link can't reach anybody yet. */
	readonly reachable: boolean;
}

export interface InvitationPreview {
	readonly spaceName: string;
	readonly inviterName: string;
	readonly inviter: string;
	readonly relays: readonly string[];
	/** Whoever joins is given everything ever written there, by the link’s word. */
	readonly everything: boolean;
	/** The space is already here. */
	readonly known: boolean;
	readonly spaceId: string;
}

export interface InvitationProblem {
	readonly type: 'not-a-link' | 'mistyped' | 'unsupported' | 'expired';
}

/** One line of the moderation log. */
export interface ActionView {
	/** Entry id. */
	readonly id: string;
	readonly type:
		| 'grant'
		| 'revoke'
		| 'ban'
		| 'unban'
		| 'shadow-ban'
		| 'shadow-unban'
		| 'purge'
		| 'report'
		| 'recall'
		| 'fork';
	readonly by: string;
	readonly byName: string;
	/** Root Hash it is about; null where it is about no person. */
	readonly target: string | null;
	readonly targetName: string;
	readonly reason: string;
	readonly time: number;
	/** valid: signed by somebody who may. Otherwise why it has no effect. */
	readonly verdict: 'valid' | 'not-allowed' | 'not-senior' | 'beyond-fence' | 'void';
	/** Undone by a later action. */
	readonly undone: boolean;
	/** This person may undo it now. */
	readonly mayUndo: boolean;
	/** purge and report: how many messages, and the one to look at. */
	readonly messages: number;
	readonly message: string | null;
}

export interface OpenInvitation {
	readonly id: string;
	readonly byName: string;
	readonly uses: number;
	readonly used: number;
	readonly expiry: number;
	/** open: it still lets people in. */
	readonly state: 'open' | 'spent' | 'expired' | 'recalled';
	readonly mayRecall: boolean;
	/** The link itself, where this device made it. */
	readonly link: string | null;
}

/** not-allowed: no authority for it. gone: what it is about is no longer there. too-long: the reason. */
export interface ModerationError {
	readonly type: 'not-allowed' | 'gone' | 'too-long' | 'storage' | 'not-member' | 'empty';
}

/** Everything that changes who may do what in one space, and what stays. Reasons have at most 280 bytes. */
export interface Moderation {
	readonly log: Readable<readonly ActionView[]>;
	readonly invitations: Readable<readonly OpenInvitation[]>;
	/** What this person may do in the space as a whole. */
	readonly may: Readable<{ readonly channels: boolean; readonly moderate: boolean }>;
	grant(rootHash: string): Promise<Result<void, ModerationError>>;
	revoke(rootHash: string, reason: string): Promise<Result<void, ModerationError>>;
	ban(
		rootHash: string,
		options: { readonly reason: string; readonly voidInvites: boolean },
	): Promise<Result<void, ModerationError>>;
	shadowBan(rootHash: string, reason: string): Promise<Result<void, ModerationError>>;
	/** Undoes a ban or a shadow-ban by the id of its line in the log. */
	undo(action: string, reason: string): Promise<Result<void, ModerationError>>;
	/** Removes messages for everybody: one's own are deleted, others' purged. */
	purge(messages: readonly string[], reason: string): Promise<Result<void, ModerationError>>;
	/** Tells the Powernodes of a message, and nobody else. */
	report(message: string, reason: string): Promise<Result<void, ModerationError>>;
	recall(invitation: string): Promise<Result<void, ModerationError>>;
	createChannel(name: string): Promise<Result<string, ModerationError>>;
	editChannel(
		channel: string,
		change: {
			readonly name?: string;
			readonly archived?: boolean;
			readonly readOnly?: boolean;
			/** Seconds. */
			readonly timer?: number;
		},
	): Promise<Result<void, ModerationError>>;
}

/** Spaces are looked for after coming back by the recovery phrase. */
export interface ComingBackView {
	/** Milliseconds since 1970. */
	readonly since: number;
	/** Spaces that members have told of. */
	readonly found: number;
	/** A relay keeps the question: the page may be closed meanwhile. */
	readonly asked: boolean;
}

export interface Messenger {
	readonly me: Me;
	readonly devices: Devices;
	/** Another device of this person has ended this one: everything here is to be destroyed. */
	readonly ended: Readable<boolean>;
	readonly spaces: Readable<readonly SpaceSummary[]>;
	readonly network: Readable<NetworkView>;
	/** Bytes so far by device or relay id, over direct links and to relays, at this very moment. */
	traffic(): ReadonlyMap<string, Traffic>;
	/** Who is connected to whom in a space, at this moment. Costs some milliseconds where there are hundreds. */
	mesh(space: string): MeshView;

	/** `everything`: whoever joins the community is given all that was written before; for good. */
	createSpace(
		kind: 'community' | 'direct',
		name: string,
		everything?: boolean,
	): Promise<Result<string, SendError>>;
	channels(space: string): Readable<readonly ChannelSummary[]>;
	members(space: string): Readable<readonly MemberView[]>;
	conversation(space: string, channel: string): Conversation;
	leave(space: string): Promise<Result<void, SendError>>;
	files(space: string): SpaceFiles;
	readonly fileSettings: FileSettings;
	moderation(space: string): Moderation;
	/** Folds away what somebody writes, for oneself alone, in every space. */
	block(rootHash: string, blocked: boolean): Promise<Result<void, SendError>>;
	readonly verification: Verification;
	readonly drafts: Drafts;
	/** The same on every device of the person. */
	readonly settings: SharedSettings;
	/** Who is writing just now. */
	readonly typing: TypingSigns;
	/** From whom this person's address is hidden: relays carry everything there. */
	readonly hiding: Hiding;
	/** Takes a space that has banned this person, or is unreadable, off the list, and destroys what is left of it at once. */
	dismiss(space: string): Promise<void>;

	/** An open invitation of this kind; the same as before where there is one. */
	invite(space: string, choice?: InvitationChoice): Promise<Result<InvitationView, SendError>>;
	preview(link: string): Result<InvitationPreview, InvitationProblem>;
	/** Asks to be let in; resolves with the space's id as soon as the request is kept. */
	join(link: string): Promise<Result<string, InvitationProblem | SendError>>;
	/** Gives up a join that is waiting or refused. */
	cancelJoin(space: string): Promise<void>;

	readonly comingBack: Readable<ComingBackView | null>;
	/** Looks for the spaces of this person on every relay that is known. */
	comeBack(): Promise<void>;
	/** Looks no further; what was found stays. */
	stopComingBack(): Promise<void>;
	/** Everything of this person's that is here, to be handed on and taken in. */
	readonly archive: Archive;

	/** Connects with somebody by codes that the two show each other, without a server. */
	meet(): Promise<Meeting>;

	addRelay(address: string): Promise<Result<void, AddRelayError>>;
	removeRelay(id: string): Promise<void>;
	/** Tries everything that connections need, asking nobody but the person's own relays; at most half a minute. */
	testConnection(): Promise<ConnectionReport>;
	/** Messages for who is away wait there rather than elsewhere. */
	preferRelay(id: string, preferred: boolean): Promise<void>;
	/** Drops waits and tries everything again now. */
	reconnect(): void;
	/** Ends connections and closes the store; for leaving the page or handing over to another tab. */
	stop(): Promise<void>;
}
