// Files that the tools need and git doesn't keep: the compiled messages and SvelteKit's types.
import { Refusal, runTool } from './run.mjs';

/** The same project, place and strategy as in vite.config.ts. */
const paraglide = [
	'compile',
	...['--project', './project.inlang'],
	...['--outdir', './src/lib/paraglide'],
	...['--strategy', 'localStorage', 'preferredLanguage', 'baseLocale'],
];

/** Compiles the message catalogue into src/lib/paraglide and writes SvelteKit's types. */
export async function generate() {
	const steps = [
		['paraglide-js', paraglide, 'The message catalogue could not be compiled'],
		['svelte-kit', ['sync'], "SvelteKit's types could not be written"],
	];
	for (const [tool, args, complaint] of steps) {
		const { code, output } = await runTool(tool, args, { quiet: true });
		if (code === 0) continue;
		process.stderr.write(output);
		throw new Refusal(`${complaint}: see the lines above.`);
	}
}
