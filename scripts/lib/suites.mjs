// Running test suites and counting what came of them. A suite that crashes counts as a failure.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, root, runTool, say } from './run.mjs';

const reports = join(cache, 'tests');

function readReport(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8'));
	} catch {
		return undefined;
	}
}

/** Names of what failed in a Vitest JSON report, with the first line of why. */
export function failuresOf(report) {
	if (report === undefined) return ['the suite ended without a report'];
	return (report.testResults ?? []).flatMap((file) => {
		const failed = file.assertionResults.filter((test) => test.status === 'failed');
		const why = (message) => (message ?? '').split('\n')[0];
		const name = file.name.replace(`${root}/`, '');
		return failed.length === 0 && file.status === 'failed'
			? [`${name}: ${why(file.message)}`]
			: failed.map((test) => `${name} > ${test.fullName}: ${why(test.failureMessages?.[0])}`);
	});
}

/** Totals of a Vitest JSON report and the exit code that came with it. */
export function totalsOf(report, code) {
	if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
	// A file that fails while it loads has no failed test of its own.
	const broken = (report.testResults ?? []).filter(
		(file) =>
			file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
	).length;
	const failed = report.numFailedTests + broken;
	return {
		passed: report.numPassedTests,
		failed: failed === 0 && code !== 0 ? 1 : failed,
		skipped: report.numPendingTests + report.numTodoTests,
	};
}

/** Runs one Vitest suite and returns its totals. */
export async function runSuite({ name, config, args = [] }, env = {}) {
	if (config !== undefined && !existsSync(join(root, config))) {
		say(`${name}: ${config} is missing.`);
		return { passed: 0, failed: 1, skipped: 0, failures: [`${config} is missing`] };
	}
	mkdirSync(reports, { recursive: true });
	const file = join(reports, `${name}.json`);
	rmSync(file, { force: true });
	const { code } = await runTool(
		'vitest',
		[
			'run',
			...(config === undefined ? [] : ['--config', config]),
			'--reporter=default',
			'--reporter=json',
			`--outputFile.json=${file}`,
			...args,
		],
		{ env },
	);
	const report = readReport(file);
	return { ...totalsOf(report, code), failures: failuresOf(report) };
}

export function sum(totals) {
	const add = (key) => totals.reduce((count, one) => count + one[key], 0);
	return { passed: add('passed'), failed: add('failed'), skipped: add('skipped') };
}

/** What failed, a line each, to be said right before the sum: long logs are read from their end. */
export const failureLines = (totals) =>
	totals.flatMap(({ failures = [] }) => failures).map((failure) => `failed: ${failure}\n`);

/** `N passed, N failed`, and the skipped where there are any. */
export function line({ passed, failed, skipped }) {
	return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Where the sum of what ran is kept: failures, a line each, and the sum. */
export const totalsFile = join(reports, 'totals');

/** Keeps the sum of these; returns its text. */
export function keepVerdict(totals) {
	mkdirSync(reports, { recursive: true });
	const verdict = `${failureLines(totals).join('')}${line(sum(totals))}`;
	writeFileSync(totalsFile, `${verdict}\n`);
	return verdict;
}

/** Adds one more suite to the sum that is kept; returns the text of the new one. */
export function countIn(totals) {
	const text = existsSync(totalsFile) ? readFileSync(totalsFile, 'utf8') : '';
	const numberOf = (word) =>
		Number(new RegExp(`(\\d+) ${word}`).exec(text.trimEnd().split('\n').at(-1))?.[1] ?? 0);
	const failures = [...text.matchAll(/^failed: (.*)$/gm)].map(([, failure]) => failure);
	const before = {
		passed: numberOf('passed'),
		failed: numberOf('failed'),
		skipped: numberOf('skipped'),
		failures,
	};
	return keepVerdict([before, totals]);
}
