// The interface on a fake messenger, built as the product is (same config, same content security policy) in a
// temporary copy of the sources, so that the fake never comes near the product's bundle.
// By itself: node_modules/.bin/node tests/ui/serve.ts
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = [
	'src',
	'static',
	'messages',
	'project.inlang/settings.json',
	'tests/support',
	'svelte.config.js',
	'vite.config.ts',
	'tsconfig.json',
	'package.json',
];

async function buildInterface(): Promise<string> {
	const copy = await mkdtemp(join(tmpdir(), 'aegis-interface-'));
	for (const source of SOURCES) {
		await cp(join(ROOT, source), join(copy, source), { recursive: true });
	}
	await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
	await writeFile(
		join(copy, 'src/lib/boot/index.ts'),
		`export { boot } from '../../../tests/support/fake-boot.ts';\n`,
	);
	const before = process.cwd();
	process.chdir(copy);
	await build({ logLevel: 'warn' });
	process.chdir(before);
	return copy;
}

/** Serves it; the result ends that. */
export async function serveInterface(port: number): Promise<() => Promise<void>> {
	const copy = await buildInterface();
	const serve = sirv(join(copy, 'dist'), { single: '200.html' });
	const server = createServer((request, response) => {
		// As a web server that names a public relay.
		if (request.url === '/relay.json') {
			response.setHeader('Content-Type', 'application/json');
			response.end('{"publicRelay":"wss://relay.example/relay"}');
			return;
		}
		serve(request, response);
	});
	await new Promise<void>((listening) => server.listen(port, 'localhost', listening));
	return async () => {
		server.close();
		await rm(copy, { recursive: true });
	};
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	await serveInterface(5199);
	console.log('http://localhost:5199');
}
