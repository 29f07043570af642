// Numbers as people read them.

const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function inBytes(bytes: number): string {
	const step = Math.min(Math.floor(Math.log2(Math.max(1, bytes)) / 10), STEPS.length - 1);
	const value = bytes / 2 ** (10 * step);
	return `${step === 0 ? String(value) : value.toFixed(1)} ${STEPS[step] ?? 'B'}`;
}

export function inSeconds(seconds: number): string {
	const [days, rest] = [Math.floor(seconds / 86_400), seconds % 86_400];
	const [hours, minutes] = [Math.floor(rest / 3600), Math.floor((rest % 3600) / 60)];
	if (days > 0) return `${String(days)} d ${String(hours)} h`;
	if (hours > 0) return `${String(hours)} h ${String(minutes)} min`;
	return minutes > 0 ? `${String(minutes)} min` : `${String(seconds)} s`;
}

/** Rows in columns, each as wide as it needs to be. */
export function table(rows: readonly (readonly string[])[]): string {
	const widths = (rows[0] ?? []).map((_, column) =>
		Math.max(...rows.map((row) => (row[column] ?? '').length)),
	);
	return rows
		.map((row) =>
			row
				.map((cell, column) => cell.padEnd(widths[column] ?? 0))
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}
