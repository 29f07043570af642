// Names that people take for one another: what is left of a name once case, width, accents, gaps and letters of other
// alphabets that look alike no longer count. For warnings only; nobody is ever told apart by it. [SN5]

import { createLru } from '#lib/crypto/lru.ts';

/** Letters, by the Latin one that they are taken for. */
const LOOKS: Readonly<Record<string, string>> = {
	a: 'аɑα',
	b: 'ьвβ',
	c: 'сϲ',
	d: 'ԁ',
	e: 'еєε',
	g: 'ɡ',
	h: 'һнη',
	i: 'іıιl1|ӏї',
	j: 'јϳ',
	k: 'кκ',
	m: 'м',
	n: 'п',
	o: 'о0οσօ',
	p: 'рρ',
	q: 'ԛ',
	r: 'г',
	s: 'ѕ5',
	t: 'тτ',
	u: 'υս',
	v: 'ѵν',
	w: 'ԝωш',
	x: 'хχ',
	y: 'уγү',
	z: 'ᴢ',
};
const LATIN: ReadonlyMap<string, string> = new Map(
	Object.entries(LOOKS).flatMap(([latin, all]) => Array.from(all, (letter) => [letter, latin])),
);

/** People's names are looked at again and again. */
const looks = createLru<string>(1024);

/** Two names that look alike give the same text. */
export const looksOf = (name: string): string => looks.get(name, () => withoutLooks(name));

function withoutLooks(name: string): string {
	const plain = name
		.normalize('NFKD')
		.toLowerCase()
		.replaceAll(/[\p{M}\p{Z}\p{C}\p{P}]/gu, '');
	return Array.from(plain, (letter) => LATIN.get(letter) ?? letter).join('');
}
