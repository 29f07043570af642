// Makes a failing plan smaller for as long as it still fails: leaves out happenings in chunks, then people, then whatever
// makes the world worse. What is left is what it takes.
import type { Happening, Plan } from './plan.ts';

export async function shrink(
	plan: Plan,
	fails: (plan: Plan) => Promise<boolean>,
	seconds: number,
): Promise<Plan> {
	const until = performance.now() + seconds * 1000;
	const stillFails = async (smaller: Plan): Promise<boolean> =>
		performance.now() < until && (await fails(smaller));

	let smallest = plan;
	for (let before = Infinity; sizeOf(smallest) < before && performance.now() < until;) {
		before = sizeOf(smallest);
		for (const { name } of smallest.people.slice(1)) {
			const smaller = without(smallest, name);
			if (await stillFails(smaller)) smallest = smaller;
		}
		smallest = await fewerHappenings(smallest, stillFails);
		for (const smaller of milder(smallest)) {
			if (await stillFails(smaller)) smallest = smaller;
		}
	}
	return smallest;
}

const sizeOf = (plan: Plan): number =>
	plan.people.length + plan.happenings.length + plan.blocked.length;

/** Delta debugging: chunks of half the list, then of a quarter, down to single happenings. */
async function fewerHappenings(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
	let smallest = plan;
	for (
		let chunk = Math.ceil(plan.happenings.length / 2);
		chunk >= 1;
		chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)
	) {
		for (let at = 0; at < smallest.happenings.length;) {
			const { happenings } = smallest;
			const smaller = {
				...smallest,
				happenings: [...happenings.slice(0, at), ...happenings.slice(at + chunk)],
			};
			if (await fails(smaller)) smallest = smaller;
			else at += chunk;
		}
	}
	return smallest;
}

/** The plan as if somebody had never been there. */
function without(plan: Plan, name: string): Plan {
	const isAbout = (happening: Happening): boolean =>
		('who' in happening && happening.who === name) ||
		('by' in happening && happening.by === name) ||
		('whom' in happening && happening.whom === name);
	return {
		...plan,
		people: plan.people.filter((each) => each.name !== name),
		blocked: plan.blocked.filter((pair) => !pair.includes(name)),
		happenings: plan.happenings
			.filter((happening) => !isAbout(happening))
			.map((happening) =>
				happening.type === 'part'
					? {
							...happening,
							groups: happening.groups.map((group) => group.filter((each) => each !== name)),
						}
					: happening,
			),
	};
}

const milder = (plan: Plan): readonly Plan[] => [
	{ ...plan, noise: { doubled: 0, overtaken: 0 } },
	{ ...plan, blocked: [] },
	{ ...plan, people: plan.people.map(({ name }) => ({ name, skew: 0 })) },
];
