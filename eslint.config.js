// Types first: floating promises and untyped values are errors. Time, chance and browser storage
// enter the core through ports only, so their globals are refused outside the rooms that own them.
import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const CLOCK = 'Use the Clock port.';
const RANDOM = 'Use the Random port.';
const STORE = 'Use a store port.';

const timers = [
	'setTimeout',
	'setInterval',
	'clearTimeout',
	'clearInterval',
	'setImmediate',
	'requestIdleCallback',
].map((name) => ({ name, message: CLOCK }));

const browserStorage = ['localStorage', 'sessionStorage', 'indexedDB', 'caches'].map((name) => ({
	name,
	message: STORE,
}));

const globalObjects = ['globalThis', 'window', 'self'];
const throughGlobalObject = globalObjects.flatMap((object) =>
	[...timers, ...browserStorage].map(({ name, message }) => ({ object, property: name, message })),
);

const timeAndChance = [
	{ object: 'Date', property: 'now', message: CLOCK },
	{ object: 'performance', property: 'now', message: CLOCK },
	{ object: 'AbortSignal', property: 'timeout', message: CLOCK },
	{ object: 'Math', property: 'random', message: RANDOM },
	{ object: 'crypto', property: 'getRandomValues', message: RANDOM },
	{ object: 'crypto', property: 'randomUUID', message: RANDOM },
];

const newDate = {
	selector: "NewExpression[callee.name='Date'][arguments.length=0]",
	message: CLOCK,
};

const erasable = [
	{
		selector: 'TSEnumDeclaration',
		message: 'Use a constant object: Node runs this file as it is.',
	},
];

export default defineConfig(
	{
		ignores: [
			'node_modules/',
			'**/.svelte-kit/',
			'**/dist/',
			'.cache/',
			'coverage/',
			'src/lib/paraglide/',
			'project.inlang/',
		],
	},
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },
	js.configs.recommended,
	{
		files: ['**/*.ts', '**/*.svelte'],
		extends: [ts.configs.strictTypeChecked],
	},
	svelte.configs.recommended,
	{
		files: ['**/*.ts', '**/*.svelte'],
		languageOptions: {
			globals: { ...globals.browser, ...globals.node },
			parserOptions: {
				projectService: true,
				tsconfigRootDir: import.meta.dirname,
				extraFileExtensions: ['.svelte'],
			},
		},
		rules: {
			'no-undef': 'off',
			'no-restricted-syntax': ['error', ...erasable],
			'@typescript-eslint/consistent-type-imports': [
				'error',
				{ fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
			],
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
			],
			'@typescript-eslint/switch-exhaustiveness-check': [
				'error',
				{ considerDefaultExhaustiveForUnions: true },
			],
			'@typescript-eslint/no-misused-promises': [
				'error',
				{ checksVoidReturn: { attributes: false } },
			],
			'@typescript-eslint/restrict-template-expressions': [
				'error',
				{ allowNumber: true, allowBoolean: true },
			],
			// Ports promise asynchrony that a double in memory need not use.
			'@typescript-eslint/require-await': 'off',
			'@typescript-eslint/no-confusing-void-expression': 'off',
			'@typescript-eslint/no-invalid-void-type': 'off',
			'@typescript-eslint/no-empty-function': 'off',
			'@typescript-eslint/no-namespace': ['error', { allowDeclarations: true }],
			'@typescript-eslint/unbound-method': 'off',
			'@typescript-eslint/no-unnecessary-type-parameters': 'off',
			'@typescript-eslint/no-dynamic-delete': 'off',
			// It forgets that a closure or another turn can change what it has narrowed.
			'@typescript-eslint/no-unnecessary-condition': 'off',
			'no-console': 'error',
			eqeqeq: ['error', 'always'],
		},
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
		rules: {
			'prefer-const': 'off',
			'svelte/prefer-const': ['error', { destructuring: 'all' }],
			'svelte/no-at-html-tags': 'error',
			// A view model keeps plain maps for what no view reads.
			'svelte/prefer-svelte-reactivity': 'off',
			// Addresses are those of the app's root; there is no base path.
			'svelte/no-navigation-without-resolve': 'off',
		},
	},
	{
		files: ['src/lib/**/*.ts', 'src/lib/**/*.svelte', 'src/routes/**'],
		ignores: ['src/lib/{platform,boot}/**', '**/*.test.ts'],
		rules: {
			'no-restricted-globals': ['error', ...timers],
			'no-restricted-properties': ['error', ...timeAndChance, ...throughGlobalObject],
			'no-restricted-syntax': ['error', ...erasable, newDate],
		},
	},
	{
		files: ['src/lib/**/*.ts', 'src/lib/**/*.svelte', 'src/routes/**'],
		ignores: ['src/lib/{platform,boot,storage}/**', '**/*.test.ts'],
		rules: { 'no-restricted-globals': ['error', ...timers, ...browserStorage] },
	},
	{
		files: ['**/*.test.ts', 'tests/**/*.ts'],
		rules: {
			'no-console': 'off',
			'@typescript-eslint/no-non-null-assertion': 'off',
			'@typescript-eslint/no-extraneous-class': 'off',
		},
	},
	{ files: ['relay-server/main.ts'], rules: { 'no-console': 'off' } },
	{
		files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
		extends: [ts.configs.disableTypeChecked],
		languageOptions: { globals: globals.node },
	},
);
