// The layers of the house. Nothing imports upward, nothing imports in a circle, and the heavy
// libraries stay in the rooms that own them. Tests beside the code and in tests/ see everything.

const TESTS = '\\.test\\.ts$';

/** Room of src/lib → the rooms it may import besides itself. */
const rooms = {
	util: [],
	protocol: ['util'],
	ports: ['util', 'protocol'],
	crypto: ['util', 'protocol', 'ports'],
	crdt: ['util', 'protocol', 'ports'],
	mesh: ['util', 'protocol', 'ports'],
	media: ['util'],
	mailbox: ['util', 'protocol', 'ports'],
	transfer: ['util', 'protocol', 'ports'],
	messenger: ['util', 'protocol', 'ports', 'crypto', 'crdt', 'mesh', 'mailbox', 'transfer'],
	p2p: ['util', 'protocol', 'ports'],
	storage: ['util', 'protocol', 'ports'],
	platform: ['util', 'protocol', 'ports'],
	simulation: ['util', 'protocol', 'ports', 'crypto', 'crdt', 'mesh', 'mailbox', 'messenger'],
	explainer: ['util', 'protocol', 'ports', 'crypto', 'messenger', 'simulation'],
	state: ['util', 'protocol', 'ports', 'media', 'messenger'],
	ui: [],
	components: ['util', 'media', 'ui', 'state', 'explainer', 'paraglide'],
};

/** Package pattern → who alone may import it (as a pattern of paths). */
const owners = {
	yjs: ['(yjs|lib0|y-protocols)', 'src/lib/crdt/'],
	libp2p: [
		'(libp2p|@libp2p/[^/]+|@chainsafe/[^/]+|@multiformats/[^/]+|it-length-prefixed|uint8arraylist)',
		'(src/lib/p2p|relay-server)/',
	],
	idb: ['idb', 'src/lib/storage/'],
	svelte: [
		'(svelte|@sveltejs/[^/]+|@lucide/svelte)',
		'(src/lib/(state|ui|components|boot)|src/routes)/',
	],
	workbox: ['workbox-[^/]+', 'src/(service-worker|lib/(boot|platform))/'],
	server: [
		'(ws|sirv|selfsigned|pg|prom-client|smol-toml|@achingbrain/nat-port-mapper)',
		'relay-server/',
	],
};

const alternatives = (names) => `(${names.join('|')})`;

const layer = ([room, below]) => ({
	name: `layer-${room}`,
	comment: `${room} imports ${below.length === 0 ? 'no other room' : below.join(', ')} only`,
	severity: 'error',
	from: { path: `^src/lib/${room}/`, pathNot: TESTS },
	to: { path: '^(src|relay-server)/', pathNot: `^src/lib/${alternatives([room, ...below])}/` },
});

const owner = ([name, [packages, path]]) => ({
	name: `only-${name}`,
	comment: `${name} stays inside ${path}`,
	severity: 'error',
	from: { path: '^(src|relay-server)/', pathNot: [`^${path}`, TESTS] },
	to: { path: `(^|/)node_modules/${packages}/` },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
	forbidden: [
		{
			name: 'no-cycles',
			severity: 'error',
			from: { path: '^(src|relay-server|scripts|tests)/', pathNot: '^src/lib/paraglide/' },
			to: { circular: true },
		},
		{
			name: 'no-unresolved',
			comment: 'An import that leads nowhere; the modules SvelteKit makes up are known by name.',
			severity: 'error',
			from: {},
			to: {
				couldNotResolve: true,
				pathNot: ['^\\$(app|env|service-worker)(/|$)', '^\\./\\$types', '^#lib/paraglide/'],
			},
		},
		...Object.entries(rooms).map(layer),
		{
			name: 'layer-boot',
			comment: 'boot composes the rooms; pages and components come above it',
			severity: 'error',
			from: { path: '^src/lib/boot/', pathNot: TESTS },
			to: { path: '^(src/(routes|service-worker)|relay-server)/' },
		},
		{
			name: 'layer-routes',
			severity: 'error',
			from: { path: '^src/routes/', pathNot: TESTS },
			to: {
				path: '^(src|relay-server)/',
				pathNot: '^src/(routes|lib/(components|boot|state|ui|paraglide))/',
			},
		},
		{
			name: 'layer-service-worker',
			severity: 'error',
			from: { path: '^src/service-worker/', pathNot: TESTS },
			to: {
				path: '^(src|relay-server)/',
				pathNot: '^src/(service-worker|lib/(util|protocol|ports|crypto|storage|platform))/',
			},
		},
		{
			name: 'layer-relay-server',
			severity: 'error',
			from: { path: '^relay-server/', pathNot: TESTS },
			to: {
				path: '^src/',
				pathNot:
					'^src/lib/(util|protocol|ports|mailbox|crypto)/|^src/lib/p2p/(stream-channel|silent-logger)',
			},
		},
		{
			name: 'known-room',
			comment: 'A new folder of src/lib needs its line in the table above.',
			severity: 'error',
			from: {
				path: '^src/lib/',
				pathNot: [`^src/lib/${alternatives([...Object.keys(rooms), 'boot', 'paraglide'])}/`],
			},
			to: {},
		},
		{
			name: 'no-node-in-the-app',
			comment: 'src runs in browsers; what needs Node lives in relay-server, tests or scripts.',
			severity: 'error',
			from: { path: '^src/', pathNot: [TESTS, '^src/lib/paraglide/'] },
			to: { dependencyTypes: ['core'] },
		},
		{
			name: 'no-app-modules-in-the-core',
			comment: "SvelteKit's own modules belong to the view.",
			severity: 'error',
			from: { path: '^src/lib/', pathNot: ['^src/lib/(state|ui|components|boot)/', TESTS] },
			to: { path: '^\\$(app|env)/' },
		},
		{
			name: 'no-tests-in-the-product',
			severity: 'error',
			from: { path: '^(src|relay-server)/', pathNot: TESTS },
			to: { path: '^(tests|scripts)/' },
		},
		...Object.entries(owners).map(owner),
	],
	options: {
		doNotFollow: { path: 'node_modules' },
		exclude: { path: '^(\\.svelte-kit|dist|\\.cache|tests/bench/peers)/' },
		tsPreCompilationDeps: true,
		tsConfig: { fileName: 'tsconfig.json' },
		combinedDependencies: true,
		enhancedResolveOptions: {
			exportsFields: ['exports'],
			conditionNames: ['svelte', 'import', 'browser', 'default', 'types', 'node'],
			mainFields: ['module', 'main', 'types'],
			extensions: ['.ts', '.js', '.mjs', '.svelte', '.json', '.d.ts'],
		},
	},
};
