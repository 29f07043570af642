// A static single-page app: every address answers 200.html and the pages are drawn in the browser.
import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
	kit: {
		adapter: adapter({ pages: 'dist', assets: 'dist', fallback: '200.html', precompress: true }),
		csp: {
			mode: 'hash',
			directives: {
				'default-src': ['none'],
				'script-src': ['self'],
				'style-src': ['self'],
				// Svelte writes static style="" attributes, which are no style elements and load nothing.
				'style-src-attr': ['unsafe-inline'],
				'img-src': ['self', 'blob:', 'data:'],
				'media-src': ['self', 'blob:'],
				'font-src': ['self'],
				// Relays are added by the person at run time.
				'connect-src': ['self', 'ws:', 'wss:'],
				'worker-src': ['self'],
				'manifest-src': ['self'],
				'base-uri': ['none'],
				'form-action': ['none'],
				'require-trusted-types-for': ['script'],
				'trusted-types': [
					'svelte-trusted-html',
					'aegis-worker',
					'aegis-stretcher',
					'aegis-explainer',
					'aegis-content',
				],
			},
		},
		serviceWorker: { register: false },
		// The fingerprint of the sources, not the time: the same sources give the same bytes.
		version: { name: process.env.AEGIS_BUILD ?? 'development', pollInterval: 0 },
	},
};
