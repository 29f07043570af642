// A relay's machine beside others on the same store, when what they say gets lost.
import { expect, it } from 'vitest';
import { createWorld, hashOf, packetOf, tokenOf, type World } from '../../support/mailbox-world.ts';
import { until } from '../../support/until.ts';
import { createMemoryMailboxStore } from '#lib/mailbox/memory-store.ts';
import type { MailboxStore } from '#lib/ports/mailbox-store.ts';
import type { Hint, Neighbours, News } from '#lib/ports/neighbours.ts';
import { toHex } from '#lib/util/bytes.ts';
import { unwrap } from '#lib/util/result.ts';

/** Nobody hears what is said; what lies in the store can be read. */
const deafOn = (store: MailboxStore): Neighbours & { readonly said: Hint[] } => ({
	said: [],
	tell(hint) {
		this.said.push(hint);
	},
	push: async () => [],
	onHint: undefined,
	onPush: undefined,
	onGone: undefined,
	onGap: undefined,
	news: async (mailbox, after, upTo, tokenHashes, limit) => {
		const news: News[] = [];
		for (const hash of tokenHashes) {
			const waiting = await store.waiting(mailbox, hash, after, limit);
			const ids = waiting.filter(({ number }) => number <= upTo).map(({ packet }) => packet);
			const found = await store.fetch(mailbox, hash, ids);
			news.push(...found.map((packet) => ({ ...packet, tokenHashes: [hash] })));
		}
		return news;
	},
	highest: async (mailboxes) =>
		Promise.all(
			mailboxes.map(async (mailbox) => ({
				mailbox,
				highest: (await store.mailbox(mailbox))?.highest ?? 0,
			})),
		),
});

const two = async (): Promise<{
	readonly one: World;
	readonly other: World;
	readonly deaf: ReturnType<typeof deafOn>;
}> => {
	const store = createMemoryMailboxStore();
	const deaf = deafOn(store);
	const one = await createWorld({ store, neighbours: deafOn(store) });
	return { one, other: await createWorld({ store, neighbours: deaf }), deaf };
};

it('[RS7] finds within a second what it was not told of, and pushes it once', async () => {
	const { one, other } = await two();
	const alice = await one.opened(2);
	const bob = other.client();
	unwrap(await bob.subscribe(other.mailbox, tokenOf(1), 0));
	for (const n of [1, 2]) unwrap(await alice.put(one.mailbox, one.writeKey, packetOf(n)));
	expect(bob.heard.packets).toEqual([]);
	other.clock.advance(1000);
	await until(() => expect(bob.heard.packets.map(({ number }) => number)).toEqual([1, 2]));
	other.clock.advance(1000);
	unwrap(await alice.put(one.mailbox, one.writeKey, packetOf(3)));
	other.clock.advance(1000);
	await until(() => expect(bob.heard.packets.map(({ number }) => number)).toEqual([1, 2, 3]));
});

it('[RS7] pushes what others stored before what is put after it here', async () => {
	const { one, other } = await two();
	const alice = await one.opened(2);
	const [bob, carol] = [other.client(), other.client()];
	unwrap(await bob.subscribe(other.mailbox, tokenOf(1), 0));
	unwrap(await alice.put(one.mailbox, one.writeKey, packetOf(1)));
	unwrap(await carol.put(other.mailbox, other.writeKey, packetOf(2)));
	expect(bob.heard.packets.map(({ number }) => number)).toEqual([1, 2]);
});

it('[RS7] shows who is with others, and only whole comings and goings', async () => {
	const { one, other, deaf } = await two();
	await one.opened(2);
	const bob = other.client();
	unwrap(await bob.subscribe(other.mailbox, tokenOf(1), 0));
	const about = { type: 'presence', mailbox: other.mailbox, tokenHash: hashOf(2) } as const;
	expect(deaf.said).toEqual([{ ...about, tokenHash: hashOf(1), connected: true, asks: true }]);
	const hear = (connected: boolean, from: string): void =>
		deaf.onHint?.({ ...about, connected, asks: false }, from);
	hear(true, 'a');
	hear(true, 'b');
	const carol = other.client();
	unwrap(await carol.subscribe(other.mailbox, tokenOf(2), 0));
	hear(false, 'a');
	carol.close('gone');
	await until(() => expect(deaf.said.at(-1)).toEqual({ ...about, connected: false, asks: false }));
	deaf.onGone?.('b');
	deaf.onGone?.('c');
	const told = (): boolean[] =>
		bob.heard.presence
			.filter(({ token }) => token === toHex(hashOf(2)))
			.map(({ connected }) => connected);
	await until(() => expect(told()).toEqual([true, false]));
});

it('[RS7] [MB22] tells the others that a mailbox was closed, and hears it from them: then it shows nobody', async () => {
	const { one, other, deaf } = await two();
	const { mailbox } = other;
	const alice = await one.opened(3);
	const bob = other.client();
	unwrap(await bob.subscribe(mailbox, tokenOf(1), 0));
	const about = { type: 'presence', mailbox, connected: true, asks: false } as const;
	deaf.onHint?.({ ...about, tokenHash: hashOf(2) }, 'a');
	await until(() => expect(bob.heard.presence).toHaveLength(1));
	unwrap(await alice.closeMailbox(mailbox, one.ownerKey));
	expect(bob.heard.ended).toEqual([]);
	deaf.onHint?.({ type: 'closed', mailbox }, 'a');
	await until(() => expect(bob.heard.ended).toEqual([toHex(mailbox)]));
	deaf.onHint?.({ ...about, tokenHash: hashOf(3) }, 'a');
	unwrap(await bob.stat(mailbox, other.writeKey));
	expect(bob.heard.presence).toHaveLength(1);
	expect(unwrap(await bob.subscribe(mailbox, tokenOf(1), 0)).connected).toEqual([]);
	const before = deaf.said.length;
	const carol = other.client();
	unwrap(await carol.subscribe(mailbox, tokenOf(3), 0));
	expect(deaf.said).toHaveLength(before);
	expect(bob.heard.presence).toHaveLength(1);
	unwrap(await bob.closeMailbox(mailbox, other.ownerKey));
	expect(deaf.said.at(-1)).toEqual({ type: 'closed', mailbox });
});

it('[RS7] [MB26] ends what a token that another process removed has here, and tells when it removes one', async () => {
	const { one, other, deaf } = await two();
	const { mailbox, ownerKey } = other;
	await one.opened(3);
	const [alice, bob] = [other.client(), other.client()];
	unwrap(await alice.subscribe(mailbox, tokenOf(1), 0));
	unwrap(await bob.subscribe(mailbox, tokenOf(2), 0));
	await until(() => expect(alice.heard.presence).toHaveLength(1));
	deaf.onHint?.({ type: 'removed', mailbox, tokenHash: hashOf(2) }, 'a');
	await until(() => expect(alice.heard.presence.at(-1)?.connected).toBe(false));
	deaf.onPush?.({ ...packetOf(1), mailbox, to: null });
	await until(() => expect(alice.heard.packets).toHaveLength(1));
	expect(bob.heard.packets).toEqual([]);
	unwrap(await alice.removeToken(mailbox, ownerKey, hashOf(3)));
	expect(deaf.said).toContainEqual({ type: 'removed', mailbox, tokenHash: hashOf(3) });
});
