// Starting other programs: where they are, with which Node, and how a script ends when one fails.
// Plain JavaScript without dependencies: it runs before the installation, on Node 20 and later.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const cache = join(root, '.cache');

const bin = join(root, 'node_modules', '.bin');

/** The Node the project is written for; it comes with the installation. */
export const projectNode = join(bin, process.platform === 'win32' ? 'node.exe' : 'node');

/** An expected failure, told in one sentence instead of a stack. */
export class Refusal extends Error {}

export function say(text) {
	process.stdout.write(`${text}\n`);
}

/** First program of that name on PATH outside node_modules, or undefined. */
export function onPath(name) {
	return outerPath()
		.map((folder) => join(folder, name))
		.find((file) => existsSync(file));
}

function outerPath() {
	return (process.env.PATH ?? '')
		.split(delimiter)
		.filter((folder) => folder !== '' && !folder.includes('node_modules'));
}

/** Environment in which `node` and `npm` are the machine's own: node_modules may be replaced. */
export function outerEnvironment() {
	return { ...process.env, PATH: outerPath().join(delimiter) };
}

/**
 * Runs a program to its end. `quiet` keeps its output back and returns it.
 * Resolves to { code, output }; code is 127 when it could not be started, 128 when a signal ended it.
 */
export function run(command, args, { quiet = false, env = process.env } = {}) {
	return new Promise((done) => {
		const output = [];
		const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit';
		const child = spawn(command, args, { cwd: root, env, stdio });
		child.stdout?.on('data', (chunk) => output.push(chunk));
		child.stderr?.on('data', (chunk) => output.push(chunk));
		const end = (code) => done({ code, output: Buffer.concat(output).toString() });
		child.on('error', () => end(127));
		child.on('close', (code) => end(code ?? 128));
	});
}

/** Runs a tool of the installation under the project's Node; `tool` is its name in node_modules/.bin. */
export function runTool(tool, args, { env = {}, ...options } = {}) {
	const path = [bin, process.env.PATH ?? ''].join(delimiter);
	return run(projectNode, [join(bin, tool), ...args], {
		...options,
		env: { ...process.env, PATH: path, ...env },
	});
}

/** Runs a TypeScript or JavaScript file of the project under the project's Node. */
export function runFile(file, args, { env = {}, ...options } = {}) {
	return run(projectNode, [file, ...args], { ...options, env: { ...process.env, ...env } });
}

/** Runs a script's body; a Refusal becomes one plain sentence and exit code 1. */
export async function main(body) {
	try {
		process.exitCode = (await body(process.argv.slice(2))) ?? 0;
	} catch (error) {
		if (!(error instanceof Refusal)) throw error;
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	}
}

/** Files below `path` (itself, where it is a file), as sorted paths relative to the project. */
export function filesBelow(path) {
	const absolute = join(root, path);
	if (!existsSync(absolute)) return [];
	let entries;
	try {
		entries = readdirSync(absolute, { withFileTypes: true });
	} catch {
		return [path];
	}
	return entries
		.map((entry) => [`${path}/${entry.name}`, entry])
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.flatMap(([child, entry]) => (entry.isDirectory() ? filesBelow(child) : [child]));
}
