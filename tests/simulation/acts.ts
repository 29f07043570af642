// Moderation as honest people do it: through the interface's calls, by what their own node offers them then.
import type { MessageView } from '#lib/messenger/api.ts';
import type { SimulatedNode } from '#lib/simulation/simulation.ts';
import { toHex } from '#lib/util/bytes.ts';
import type { Act, Happening } from './plan.ts';
import type { Scene } from './scene.ts';
import { isIn, talk } from './world.ts';

const nth = <T>(items: readonly T[], pick: number): T | undefined =>
	items.length === 0 ? undefined : items[pick % items.length];

/** Does it if it can be done; what comes of it is for the oracle. */
export function act(
	scene: Scene,
	node: SimulatedNode,
	{ act: what, whom, pick }: Extract<Happening, { type: 'act' }>,
): void {
	if (!isIn(node, scene.space)) return;
	const target = scene.people.get(whom);
	const root = target === undefined ? '' : toHex(target.self.rootHash);
	void perform(scene, node, what, root, pick);
}

async function perform(
	scene: Scene,
	node: SimulatedNode,
	what: Act,
	root: string,
	pick: number,
): Promise<unknown> {
	const { space } = scene;
	const moderation = node.messenger.moderation(space);
	const reason = `${what} ${pick}`;
	switch (what) {
		case 'grant':
			return moderation.grant(root);
		case 'revoke':
			return moderation.revoke(root, reason);
		case 'ban':
			return moderation.ban(root, { reason, voidInvites: pick % 2 === 0 });
		case 'shadow-ban':
			return moderation.shadowBan(root, reason);
		case 'undo': {
			const action = nth(
				moderation.log.get().filter(({ mayUndo }) => mayUndo),
				pick,
			);
			return action && moderation.undo(action.id, reason);
		}
		case 'purge':
		case 'delete':
		case 'report': {
			const messages = await messagesOf(scene, node);
			const message = nth(
				messages.filter(({ author }) => author === root),
				pick,
			);
			if (message === undefined) return undefined;
			return what === 'report'
				? moderation.report(message.id, reason)
				: moderation.purge([message.id], reason);
		}
		case 'recall': {
			const invitation = nth(
				moderation.invitations.get().filter(({ mayRecall }) => mayRecall),
				pick,
			);
			return invitation && moderation.recall(invitation.id);
		}
		case 'channel':
			return moderation.createChannel(`channel ${pick}`);
		case 'edit-channel': {
			const channel = nth(node.messenger.channels(space).get(), pick);
			const change = { archived: pick % 5 === 0, readOnly: pick % 2 === 0 };
			return channel && moderation.editChannel(channel.id, change);
		}
	}
}

/** What the node shows once it has loaded it. */
async function messagesOf(
	{ world, space }: Scene,
	node: SimulatedNode,
): Promise<readonly MessageView[]> {
	const conversation = talk(node, space);
	await new Promise<void>((resolve) => world.clock.after(1, resolve));
	const messages = conversation.messages.get();
	conversation.close();
	return messages;
}
