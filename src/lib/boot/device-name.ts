// What other people see a device called until its owner renames it.

const BROWSERS: readonly (readonly [RegExp, string])[] = [
	[/Edg\//, 'Edge'],
	[/OPR\//, 'Opera'],
	[/Firefox\/|FxiOS/, 'Firefox'],
	[/CriOS|Chrome\//, 'Chrome'],
	[/Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
	[/iPhone/, 'iPhone'],
	[/iPad/, 'iPad'],
	[/Android/, 'Android'],
	[/Windows/, 'Windows'],
	[/Mac OS X/, 'Mac'],
	[/CrOS/, 'ChromeOS'],
	[/Linux/, 'Linux'],
];

const nameIn = (names: readonly (readonly [RegExp, string])[], text: string): string | undefined =>
	names.find(([pattern]) => pattern.test(text))?.[1];

/** Such as "Firefox on Linux"; proper names, the same in every language but for the word between. */
export function deviceName({ userAgent }: { readonly userAgent: string }): string {
	const browser = nameIn(BROWSERS, userAgent);
	const system = nameIn(SYSTEMS, userAgent);
	return [browser, system].filter((name) => name !== undefined).join(' · ') || 'Browser';
}
