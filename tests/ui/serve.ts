// The interface on a fake messenger, for looking at it: node_modules/.bin/node tests/ui/serve.ts
import { fileURLToPath } from 'node:url';
import { createServer, type Plugin, type ViteDevServer } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The product never resolves to the fake: this plugin is no part of its configuration. */
const fakeBoot: Plugin = {
	name: 'fake-boot',
	enforce: 'pre',
	resolveId: (source) => (source === '#lib/boot/index.ts' ? path('../support/fake-boot.ts') : null),
};

export async function serveInterface(port: number, watch = true): Promise<ViteDevServer> {
	const server = await createServer({
		root: path('../..'),
		configFile: path('../../vite.config.ts'),
		plugins: [fakeBoot],
		server: {
			port,
			strictPort: true,
			fs: { allow: [path('..')] },
			...(watch ? {} : { watch: null, hmr: false }),
		},
	});
	return server.listen();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const server = await serveInterface(5199);
	server.printUrls();
}
