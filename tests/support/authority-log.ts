// The authority log of a lively community, of any length: for what it costs to judge one.
import {
	admit,
	ban,
	channel,
	editChannel,
	epoch,
	fence,
	found,
	grant,
	invite,
	leave,
	pen,
	person,
	purge,
	revoke,
	type AuthorityWorld,
	type Pen,
} from './authority-world.ts';

const ROOM = 30;

/** The same drawing of lots at every run. */
function lots(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

/** A community of about thirty in which people come, leave and are banned, Powernodes change, and every removal brings a new epoch. */
export function livelyCommunity(size: number): {
	readonly world: AuthorityWorld;
	readonly there: readonly Pen[];
} {
	const draw = lots(7);
	const founder = pen(person('Founder'));
	const world = found(founder);
	let link = world.write(founder, invite(100_000));
	const news = world.write(founder, channel('news'));
	const there: Pen[] = [founder];
	const powernodes = new Set<Pen>([founder]);
	let due = false;
	const any = (): Pen => there[draw(there.length)] as Pen;
	const gone = (who: Pen): void => {
		there.splice(there.indexOf(who), 1);
		powernodes.delete(who);
		due = true;
	};
	const moderator = (): Pen => [...powernodes][draw(powernodes.size)] as Pen;
	for (let n = 0; world.all.length < size; n++) {
		const lot = draw(100);
		const other = any();
		if (due) {
			world.write(any(), epoch(...there.map(({ who }) => who)));
			due = false;
		} else if (there.length < ROOM / 2 || (lot < 40 && there.length < ROOM)) {
			const who = pen(person(`Member ${String(n)}`));
			world.write(any(), admit(who.who, link));
			there.push(who);
		} else if (lot < 55) {
			if (other !== founder) {
				world.write(other, leave);
				gone(other);
			}
		} else if (lot < 65) {
			if (!powernodes.has(other)) {
				world.write(moderator(), ban(other.who, fence(other)));
				gone(other);
			}
		} else if (lot < 75) {
			if (!powernodes.has(other) && powernodes.size < 8) {
				world.write(founder, grant(other.who));
				powernodes.add(other);
			} else if (other !== founder && powernodes.has(other)) {
				world.write(founder, revoke(other.who, fence(other)));
				powernodes.delete(other);
			}
		} else if (lot < 85) {
			if (!powernodes.has(other)) world.write(moderator(), purge(world.say(other)));
		} else if (lot < 95) {
			link = world.write(any(), invite(100_000));
		} else {
			world.write(moderator(), editChannel(news, { name: `news ${String(n)}` }));
		}
	}
	return { world, there };
}
