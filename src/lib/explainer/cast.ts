// Who can be on the stage in free play.
import type { RouterKind } from '#lib/simulation/router.ts';

export const ROUTERS: readonly RouterKind[] = ['open', 'cone', 'symmetric', 'firewall'];

export const PEOPLE: readonly string[] = [
	...['Alice', 'Bob', 'Carol', 'Dora', 'Erin', 'Frank', 'Grace', 'Hugo', 'Ines', 'Jonas'],
	...['Kofi', 'Lena', 'Mina', 'Noor', 'Oskar', 'Paula', 'Quinn', 'Rosa', 'Sami', 'Tara'],
	...['Uma', 'Viktor', 'Wanda', 'Xenia', 'Yusuf', 'Zoe', 'Anton', 'Bella', 'Cem', 'Dina'],
	...['Emil', 'Fatma', 'Georg', 'Hana', 'Igor', 'Jule', 'Karim', 'Lotte', 'Malik', 'Nele'],
	...['Omar', 'Petra', 'Rami', 'Selma', 'Timo', 'Ulla', 'Vera', 'Willi', 'Yara', 'Zeno'],
];
export const RELAYS: readonly string[] = ['Harbor', 'Meadow'];

/** By the number that an action has: people, and then relays. */
export const nameOf = (number: number): string =>
	PEOPLE[number] ?? RELAYS[number - PEOPLE.length] ?? '';
export const numberOf = (name: string): number => [...PEOPLE, ...RELAYS].indexOf(name);
