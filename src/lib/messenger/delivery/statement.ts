// A device's signed word of what it holds of a space. [SY1]
import { label } from '#lib/protocol/labels.ts';
import { type SpaceMessage } from '#lib/protocol/space-message.ts';
import { stateContent, type FeedHead, type State } from '#lib/protocol/space-state.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { concat } from '#lib/util/bytes.ts';
import type { Self } from '../ports.ts';
import type { Space } from '../space/space-face.ts';

export async function signedState(
	clock: Clock,
	self: Self,
	space: Space,
	feeds: readonly FeedHead[],
	{ full, wantsReply }: Pick<State, 'full' | 'wantsReply'>,
): Promise<SpaceMessage> {
	const content: Omit<State, 'signature'> = {
		space: space.id,
		device: self.device.publicKey,
		full,
		wantsReply,
		controlHeads: space.ledger.toldHeads(clock.now()),
		feeds,
		time: Math.max(0, Math.floor(clock.now())),
		prekeys: space.prekeys.digest(),
	};
	const signature = await self.device.sign(concat(label('state'), stateContent(content)));
	return { type: 'state', state: { ...content, signature } };
}
