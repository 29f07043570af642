// How many pictures stand in each row, by how many there are.
const ROWS: readonly (readonly number[])[] = [
	[1],
	[2],
	[1, 2],
	[2, 2],
	[2, 3],
	[3, 3],
	[2, 2, 3],
	[2, 3, 3],
	[3, 3, 3],
	[2, 2, 3, 3],
];

/** For each of `count` pictures (1 … 10), how many share its row. */
export const rowsOf = (count: number): readonly number[] =>
	(ROWS[count - 1] ?? ROWS[9] ?? []).flatMap((inRow) => Array<number>(inRow).fill(inRow));

/** Width by height of a picture that stands alone; very long ones are cut. */
export function shapeOf({ width, height }: { width: number; height: number }): number {
	return width === 0 || height === 0 ? 4 / 3 : Math.min(2.2, Math.max(0.6, width / height));
}
