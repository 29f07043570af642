// SPEC, code and tests name the same rules.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

/** Texts of all sources in these folders. */
const sourcesIn = (...folders: readonly string[]): string[] =>
	folders.flatMap((folder) =>
		readdirSync(new URL(folder, ROOT), { recursive: true, withFileTypes: true })
			.filter((entry) => entry.isFile() && /\.(ts|mjs|svelte)$/.test(entry.name))
			.filter(({ parentPath }) => !/node_modules|paraglide/.test(parentPath))
			.map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'utf8')),
	);

const spec = readFileSync(new URL('docs/SPEC.md', ROOT), 'utf8');
const rules = [...spec.matchAll(/^- \*\*\[([A-Z]+\d+)\]\*\*/gm)].map(([, id = '']) => id);

it('names each rule once', () => {
	expect(rules.length).toBeGreaterThan(300);
	expect(rules.filter((id, n) => rules.indexOf(id) !== n)).toEqual([]);
});

it('has a test for every rule', () => {
	const tests = sourcesIn('tests/').join('\n');
	expect(rules.filter((id) => !tests.includes(`[${id}]`))).toEqual([]);
});

it('knows every rule that code and tests name', () => {
	const named = sourcesIn('src/', 'relay-server/', 'tests/')
		.flatMap((text) => [...text.matchAll(/\[([A-Z]{2}\d+)\]/g)])
		.map(([, id = '']) => id);
	expect([...new Set(named)].filter((id) => !rules.includes(id))).toEqual([]);
});
