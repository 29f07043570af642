// What it costs to judge an authority log, whole and by one entry more: `npm run bench -- resolver`. A community of about
// thirty in which people come, leave and are banned, Powernodes change, and every removal brings a new epoch.
import type { ControlEntry } from '#lib/crdt/authority-state.ts';
import { createResolver, resolveAuthority } from '#lib/crdt/authority.ts';
import {
	admit,
	ban,
	byKey,
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
} from '../support/authority-world.ts';

const SIZES = [1000, 10_000] as const;
const RUNS = 5;
const ROOM = 30;

/** The same drawing of lots at every run. */
function lots(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

function community(size: number): AuthorityWorld {
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
	return world;
}

const median = (values: readonly number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const worlds = SIZES.map(community);
const whole = new Map<number, number[]>(SIZES.map((size) => [size, []]));
const added = new Map<number, number[]>(SIZES.map((size) => [size, []]));

/** Judges all but the last hundred, then those one by one, each of them read. Milliseconds for one of these. */
function addOneByOne({ space, all }: AuthorityWorld): number {
	const resolver = createResolver(space, () => new Map());
	const last = all.slice(-100);
	const take = (control: ControlEntry): void => {
		resolver.take(control);
		if (!resolver.authority.verdicts.has(control.entry.key)) throw new Error('not judged');
	};
	for (const control of all.slice(0, -100)) resolver.take(control);
	const since = performance.now();
	for (const control of last) take(control);
	return (performance.now() - since) / last.length;
}

for (let run = 0; run < RUNS; run++) {
	for (const [n, size] of SIZES.entries()) {
		const world = worlds[n] as AuthorityWorld;
		const entries = byKey(world.all);
		const since = performance.now();
		const { verdicts } = resolveAuthority(world.space, entries, new Map());
		whole.get(size)?.push(performance.now() - since);
		const void_ = [...verdicts.values()].filter((verdict) => verdict !== 'valid').length;
		if (void_ > 0) throw new Error(`${String(void_)} entries of an honest log are void`);
		added.get(size)?.push(addOneByOne(world));
	}
}

const [small, large] = SIZES.map((size) => median(whole.get(size) ?? [])) as [number, number];
const [one, ten] = SIZES.map((size) => median(added.get(size) ?? [])) as [number, number];
console.log(
	JSON.stringify({
		bench: 'resolver',
		entries: SIZES,
		whole_ms: [small, large].map((ms) => Math.round(ms * 10) / 10),
		ratio: Math.round((large / small) * 10) / 10,
		added_us: [one, ten].map((ms) => Math.round(ms * 1000)),
		added_ratio: Math.round((ten / one) * 10) / 10,
		runs: RUNS,
	}),
);
