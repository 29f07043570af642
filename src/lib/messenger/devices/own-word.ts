// What a device says of itself in the account document, for nobody else can know it: that it is used, and which devices its
// installation is in spaces where it could not stay the same one. [MD6] [DK1]
import type { Clock } from '#lib/ports/clock.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';
import type { Self } from '../ports.ts';
import type { SharedSpace } from './ending.ts';
import { SEEN } from './sections.ts';
import type { SharedValues } from './shared-values.ts';

/** How often a device says that it is still used. */
const SAY_SEEN_EVERY = 6 * 3_600_000;

const isNamed = (all: readonly { readonly device: Bytes }[], device: Bytes): boolean =>
	all.some((each) => toHex(each.device) === toHex(device));

export function sayOwnWord(
	clock: Pick<Clock, 'now'>,
	self: Self,
	keeper: Pick<SharedValues, 'get' | 'note'>,
	spaces: readonly SharedSpace[],
): void {
	const own = toHex(self.device.publicKey);
	const others = spaces
		.filter((each) => toHex(each.self.device.publicKey) !== own)
		.map(({ node, self: { device } }) => ({ space: node.space.id, device: device.publicKey }));
	const before = SEEN.decode(keeper.get(SEEN.name(own)));
	const now = Math.max(0, Math.floor(clock.now()));
	const isSame = before?.others.length === others.length && now - before.at < SAY_SEEN_EVERY;
	if (isSame && others.every(({ device }) => isNamed(before.others, device))) return;
	keeper.note(new Map([[SEEN.name(own), SEEN.encode({ at: now, others })]]));
}
