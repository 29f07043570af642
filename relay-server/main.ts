#!/usr/bin/env node
// The command `aegis-relay`: `node relay-server/main.ts --help`. Checks the runtime before it loads what needs it. [RV1]
const [major = '0'] = process.versions.node.split('.');
if (Number(major) < 24) {
	process.stderr.write(
		`The relay needs Node 24 or newer; this is Node ${process.versions.node}.\n`,
	);
	process.exit(1);
}
const { run } = await import('./run.ts');
await run(process.argv.slice(2));
