// Everything that may go wrong with a relay, done to real ones under load. Needs root: it mounts disks. Names choose
// scenarios; the last line is JSON: packets for which a receipt came, and of these lost (times recipients), come again
// after their acknowledgement, left behind after everybody had acknowledged.
import { writeFileSync } from 'node:fs';
import { sqliteStart } from './million.ts';
import { createScope, NoDisks } from './relays.ts';
import * as postgres from './postgres.ts';
import * as sqlite from './sqlite.ts';
import type { Outcome, Scenario } from './sqlite.ts';

const SCENARIOS: Readonly<Record<string, Scenario>> = {
	kills: sqlite.kills,
	'power-cuts': sqlite.powerCuts,
	'full-disk': sqlite.fullDisk,
	'clock-jumps': sqlite.clockJumps,
	'torn-log': sqlite.tornLog,
	'crashing-clients': sqlite.crashingClients,
	residue: sqlite.residue,
	'million-mailboxes': sqliteStart,
	'postgres-million-mailboxes': postgres.million,
	'postgres-relays': postgres.relays,
	'postgres-failover': postgres.failover,
	'postgres-strict': postgres.strict,
};

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const named = process.argv.slice(2);
const unknown = named.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0) {
	say(`Scenarios are ${Object.keys(SCENARIOS).join(', ')}.`);
	process.exit(1);
}

const sum = { acknowledged: 0, lost: 0, duplicated: 0, left: 0 };
const scenarios: Record<
	string,
	Outcome | { readonly failed: string } | { readonly skipped: string }
> = {};
let isGood = true;
for (const [name, scenario] of Object.entries(SCENARIOS)) {
	if (named.length > 0 && !named.includes(name)) continue;
	const scope = createScope();
	const began = performance.now();
	try {
		const outcome = await scenario(scope);
		scenarios[name] = outcome;
		sum.acknowledged += outcome.acknowledged;
		sum.lost += outcome.lost;
		sum.duplicated += outcome.duplicated;
		sum.left += outcome.left;
		isGood &&= outcome.lost + outcome.duplicated + outcome.left === 0;
	} catch (cause) {
		const why = cause instanceof Error ? cause.message : 'unknown';
		const isPossible = !(cause instanceof NoDisks);
		scenarios[name] = isPossible ? { failed: why } : { skipped: why };
		if (isPossible) isGood = false;
	}
	await scope.end();
	const seconds = Math.round((performance.now() - began) / 1000);
	say(`${name} (${String(seconds)} s): ${JSON.stringify(scenarios[name])}`);
}
const report = JSON.stringify({ bench: 'faults', ...sum, passed: isGood, scenarios });
const file = process.env['FAULTS_REPORT'];
if (file !== undefined) writeFileSync(file, report);
say(report);
process.exit(isGood ? 0 : 1);
