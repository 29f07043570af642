// Requests about a mailbox itself: making it, who may write and read, and its end. [MB3] [MB4] [MB7] [MB13] [MB26] [MB29]
import {
	enterContent,
	hashInvitation,
	hashTokenKey,
	mailboxId,
	ownerCloseContent,
	ownerRemoveContent,
	tokenAccessContent,
	writeAccessContent,
} from './proofs.ts';
import {
	denied,
	done,
	refuse,
	refuseFor,
	tellDeleted,
	tellPresence,
	tooMuch,
	unknownMailbox,
	unknownToken,
	type Answer,
	type Request,
	type Session,
	type Shared,
} from './session.ts';
import { HIDDEN } from './subscriptions.ts';
import { encodeRelayFrame, ERROR_CODE } from '#lib/protocol/mailbox.ts';

export interface Access {
	enter(session: Session, f: Request<'enter'>): Promise<Answer>;
	open(session: Session, f: Request<'open'>): Promise<Answer>;
	prove(session: Session, f: Request<'prove'>): Promise<Answer>;
	add(session: Session, f: Request<'add'>): Promise<Answer>;
	/** To be called at once when the frame comes: what names the token later has to find it. */
	name(session: Session, f: Request<'token'>): Promise<Answer> | undefined;
	token(session: Session, f: Request<'token'>): Promise<Answer>;
	remove(session: Session, f: Request<'remove'>): Promise<Answer>;
	close(session: Session, f: Request<'close'>): Promise<Answer>;
}

export function createAccess(shared: Shared): Access {
	const { store, crypto, subscriptions, quotas, invitedOnly } = shared;
	const limits = shared.limits.connection;

	return {
		enter: async (session, f) => {
			const hash = hashInvitation(crypto, f.invitation);
			if (!(await store.isInvited(hash))) {
				return refuse(ERROR_CODE.uninvited, 'no invitation that holds');
			}
			if (!(await crypto.verify(f.invitation, enterContent(session.here), f.signature))) {
				return session.wrongProof();
			}
			session.standsBehind(hash);
			return done(f.request);
		},

		open: async (session, f) => {
			const { writeKey, ownerKey } = f;
			const mailbox = mailboxId(crypto, writeKey, ownerKey);
			const wait = quotas.mayOpen(session.from);
			if (wait > 0 && (await store.mailbox(mailbox)) === undefined) return tooMuch(wait);
			const made = { mailbox, writeKey, ownerKey };
			const opened = await store.open(
				invitedOnly ? { ...made, invitations: [...session.invitations.values()] } : made,
			);
			if (!opened.ok) return refuseFor(opened.error);
			if (opened.value.fresh) quotas.opened(session.from);
			return done(f.request);
		},

		prove: async (session, f) => {
			if (session.hasProven(f.mailbox)) return done(f.request);
			const record = await store.mailbox(f.mailbox);
			if (record === undefined) return unknownMailbox;
			const content = writeAccessContent(session.here, f.mailbox);
			if (!(await crypto.verify(record.writeKey, content, f.signature))) {
				return session.wrongProof();
			}
			if (!session.prove(f.mailbox)) return refuse(ERROR_CODE.busy, 'too many mailboxes');
			if (record.invitation !== null) session.standsBehind(record.invitation);
			return done(f.request);
		},

		add: async (session, f) => {
			if (!session.hasProven(f.mailbox)) return denied;
			const added = await store.addTokens(f.mailbox, f.tokenHashes, session.seconds);
			if (!added.ok) return refuseFor(added.error);
			subscriptions.resize(f.mailbox, added.value);
			return done(f.request);
		},

		name: (session, f) => {
			if (session.tokens.has(f.token)) {
				return Promise.resolve(refuse(ERROR_CODE.conflict, 'the number names a token'));
			}
			if (session.tokens.size >= limits.tokens) {
				return Promise.resolve(refuse(ERROR_CODE.busy, 'too many tokens'));
			}
			const tokenHash = hashTokenKey(crypto, f.tokenKey);
			session.nameToken(f.token, { mailbox: f.mailbox, tokenHash, proven: false });
			return undefined;
		},

		token: async (session, f) => {
			const named = session.tokens.get(f.token);
			if (named === undefined) return unknownToken;
			if (!(await store.hasToken(f.mailbox, named.tokenHash))) {
				session.forgetToken(f.token);
				const isThere = (await store.mailbox(f.mailbox)) !== undefined;
				return isThere ? unknownToken : unknownMailbox;
			}
			const content = tokenAccessContent(session.here, f.mailbox);
			if (!(await crypto.verify(f.tokenKey, content, f.signature))) {
				session.forgetToken(f.token);
				return session.wrongProof();
			}
			named.proven = true;
			return done(f.request);
		},

		remove: async (session, f) => {
			const record = await store.mailbox(f.mailbox);
			if (record === undefined) return unknownMailbox;
			const content = ownerRemoveContent(session.here, f.mailbox, f.tokenHash);
			if (!(await crypto.verify(record.ownerKey, content, f.signature))) {
				return session.wrongProof();
			}
			const removed = await store.removeToken(f.mailbox, f.tokenHash);
			if (!removed.ok) return refuseFor(removed.error);
			const change = subscriptions.removeToken(f.mailbox, f.tokenHash);
			if (change !== undefined) tellPresence(change);
			await tellDeleted(shared, f.mailbox, removed.value);
			return done(f.request);
		},

		close: async (session, f) => {
			const record = await store.mailbox(f.mailbox);
			if (record === undefined) return unknownMailbox;
			const content = ownerCloseContent(session.here, f.mailbox);
			if (!(await crypto.verify(record.ownerKey, content, f.signature))) {
				return session.wrongProof();
			}
			const closed = await store.close(f.mailbox);
			if (!closed.ok) return refuseFor(closed.error);
			subscriptions.resize(f.mailbox, HIDDEN);
			const frame = encodeRelayFrame({ type: 'closed', mailbox: f.mailbox });
			for (const subscriber of subscriptions.of(f.mailbox)) subscriber.send(frame);
			return done(f.request);
		},
	};
}
