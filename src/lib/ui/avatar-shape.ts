// A picture from a hash: a rosette of three rings on a round ground. Fold, forms, sizes and colours come from
// the hash's first ten bytes, so that two people who share a name rarely share so much as a hue.

export interface AvatarShape {
	readonly ground: string;
	readonly rings: readonly { readonly path: string; readonly fill: string }[];
}

type Form = (inner: number, outer: number, width: number) => readonly (readonly [number, number])[];

/** Control points at angle 0: a corner, then pairs of a curve's handle and end. */
const petal: Form = (a, b, w) => [
	[a, 0],
	[(a + b) / 2, w],
	[b, 0],
	[(a + b) / 2, -w],
	[a, 0],
];

const forms: readonly Form[] = [
	petal,
	(a, b, w) => [
		[a, 0],
		[b, w * 1.3],
		[b, 0],
		[b, -w * 1.3],
		[a, 0],
	],
	(a, b, w) => [
		[a, 0],
		[a, w * 1.3],
		[b, 0],
		[a, -w * 1.3],
		[a, 0],
	],
	(a, b, w) => [
		[a, 0],
		[a + (b - a) * 0.9, w * 0.2],
		[b, w],
		[b + 3, 0],
		[b, -w],
		[a + (b - a) * 0.9, -w * 0.2],
		[a, 0],
	],
];

const at = (x: number, y: number, turn: number): string =>
	`${(x * Math.cos(turn) - y * Math.sin(turn)).toFixed(1)} ${(x * Math.sin(turn) + y * Math.cos(turn)).toFixed(1)}`;

function ring(form: Form, fold: number, turn: number, inner: number, outer: number): string {
	const width = Math.min(13, (Math.PI * (inner + outer)) / (1.7 * fold));
	const points = form(inner, outer, width);
	let path = '';
	for (let copy = 0; copy < fold; copy++) {
		const angle = turn + (2 * Math.PI * copy) / fold;
		points.forEach(([x, y], index) => {
			path += `${index === 0 ? 'M' : index % 2 === 1 ? 'Q' : ' '}${at(x, y, angle)}`;
		});
		path += 'Z';
	}
	return path;
}

/** Shape on a 64 × 64 field around 0,0. `hash`: hexadecimal, at least 20 characters; fewer count as zeros. */
export function avatarShape(hash: string): AvatarShape {
	const byte = (index: number): number =>
		Number.parseInt(hash.slice(2 * index, 2 * index + 2), 16) || 0;
	const pick = <T>(index: number, from: readonly [T, ...T[]]): T =>
		from[byte(index) % from.length] ?? from[0];
	const hue = (byte(0) * 360) / 256;
	const second = hue + pick(1, [28, -28, 60, -60, 140, 180, 220]);
	const dark = byte(2) % 3 !== 0;
	const fold = 3 + (byte(3) % 6);
	const half = Math.PI / fold;
	const colour = (lightness: number, chroma: number, h: number): string =>
		`oklch(${String(lightness)} ${String(chroma)} ${(((h % 360) + 360) % 360).toFixed(0)})`;
	const form = (index: number): Form => forms[byte(index) % forms.length] ?? petal;
	const turn = (byte(4) / 256) * 2 * Math.PI;
	const middle = 10 + (byte(8) % 5);
	return {
		ground: dark ? colour(0.4, 0.09, hue) : colour(0.88, 0.06, hue),
		rings: [
			{
				path: ring(form(5), fold, turn, middle - 4, 25 + (byte(9) % 4)),
				fill: dark ? colour(0.66, 0.13, second) : colour(0.62, 0.14, second),
			},
			{
				path: ring(form(6), fold, turn + half, 5, middle + 9),
				fill: dark ? colour(0.82, 0.1, hue) : colour(0.45, 0.12, hue),
			},
			{
				path: ring(form(7), fold, turn, 0, middle - 2),
				fill: dark ? colour(0.95, 0.04, second) : colour(0.97, 0.03, second),
			},
		],
	};
}
