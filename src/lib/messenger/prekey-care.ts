// All that a space's node does about prekeys: tells and takes them, renews its own and lets go of the old ones. [PK2] … [PK5]
import { toHex } from '#lib/util/bytes.ts';
import { createPrekeyExchange, type PrekeyExchange } from './delivery/prekey-exchange.ts';
import type { Post } from './delivery/post-face.ts';
import type { SpaceSync } from './delivery/space-sync.ts';
import type { Ports, SelfInSpace } from './ports.ts';
import { createPrekeyRotation, type PrekeyRotation } from './prekey-rotation.ts';
import type { Space } from './space/space-face.ts';

export interface PrekeyCare extends Pick<PrekeyExchange, 'onState' | 'onRecords' | 'onHeld'> {
	/** From here on there is somebody to tell, and something to wait for. */
	start(sync: SpaceSync): void;
	/** The membership may have changed. */
	look(): void;
	/** Somebody can be reached who could not be before. */
	onReachable(): void;
	stop(): void;
}

export function createPrekeyCare(
	ports: Ports,
	self: SelfInSpace,
	space: Space,
	post: Post,
): PrekeyCare {
	const own = toHex(self.device.publicKey);
	let rotation: PrekeyRotation | undefined;
	const exchange = createPrekeyExchange(ports, self, space, post, (time) => {
		rotation?.overtake(time);
	});
	const isAlone = (): boolean =>
		[...space.ledger.authority.devices].every(([device, { active }]) => !active || device === own);

	return {
		onState: exchange.onState,
		onRecords: exchange.onRecords,
		onHeld: exchange.onHeld,
		start(sync) {
			rotation = createPrekeyRotation(ports, self, space, {
				publish: exchange.publish,
				isDrained: (since) => isAlone() || (post.isDrained() && sync.levelAt() >= since),
			});
		},
		look: () => rotation?.look(),
		onReachable() {
			if (self.prekeys.toldAt === null) rotation?.look();
		},
		stop: () => rotation?.stop(),
	};
}
