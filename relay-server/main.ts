#!/usr/bin/env -S node --max-semi-space-size=8
// The command `aegis-relay`: `node relay-server/main.ts --help`. Checks the runtime before it loads what needs it. [RV1]
// The room for what is young (MiB) is bounded above: left to itself it grows to 128 MiB with thousands of connections.
const [major = '0'] = process.versions.node.split('.');
if (Number(major) < 24) {
	process.stderr.write(
		`The relay needs Node 24 or newer; this is Node ${process.versions.node}.\n`,
	);
	process.exit(1);
}
const { run } = await import('./run.ts');
await run(process.argv.slice(2));
