// The word lists of zxcvbn one by one, which its packages offer without saying what they are.
declare module '@zxcvbn-ts/language-common/dist/adjacencyGraphs.json.mjs' {
	import type { adjacencyGraphs } from '@zxcvbn-ts/language-common';
	const graphs: typeof adjacencyGraphs;
	export default graphs;
}

declare module '*.json.mjs' {
	const words: string[];
	export default words;
}
