// Alice's community with Bob, Carol and Dora in it, and what its log says of them.
import type { ControlEntry, Forks } from '#lib/crdt/authority-state.ts';
import { resolveAuthority } from '#lib/crdt/authority.ts';
import { toHex } from '#lib/util/bytes.ts';
import {
	admit,
	byKey,
	found,
	invite,
	pen,
	person,
	type AuthorityWorld,
	type Pen,
	type Person,
} from './authority-world.ts';

export const [alice, bob, carol, dora] = [
	person('Alice'),
	person('Bob'),
	person('Carol'),
	person('Dora'),
] as const;

export const resolve = (world: AuthorityWorld, forks: Forks = new Map()) =>
	resolveAuthority(world.space, byKey(world.all), forks);
export const verdictOf = (world: AuthorityWorld, control: ControlEntry, forks?: Forks) =>
	resolve(world, forks).verdicts.get(control.entry.key);
export const rankOf = (world: AuthorityWorld, who: Person): number | undefined =>
	resolve(world).ranks.get(toHex(who.root));
export const isIn = (world: AuthorityWorld, who: Person): boolean =>
	resolve(world).devices.get(who.key)?.active === true;

export function community() {
	const pens = [alice, bob, carol, dora].map((who): Pen => pen(who)) as [Pen, Pen, Pen, Pen];
	const world = found(pens[0]);
	const wide = world.write(pens[0], invite(25));
	for (const who of [bob, carol, dora]) world.write(pens[0], admit(who, wide));
	const joined = world.all.slice(-1);
	return { world, pens, wide, joined };
}
