// Everything an operator can choose, in one table: flags, environment, file, help and `config check` follow it. [RV1]
import {
	anyText,
	count,
	flag,
	ipAddress,
	networks,
	oneOf,
	optional,
	port,
	portOrOff,
	postgresAddress,
	relayUrl,
	shortText,
	size,
	webAddress,
	type Parse,
} from './kinds.ts';
import type { Result } from '#lib/util/result.ts';

export interface Setting<T> {
	readonly parse: Parse<T>;
	/** What stands behind the flag; empty: the flag alone means yes. */
	readonly takes: string;
	/** Text of the value when nobody chose one; empty: none. */
	readonly fallback: string;
	readonly help: string;
	/** Never shown. */
	readonly secret?: true;
}

const of = <T>(parse: Parse<T>, takes: string, fallback: string, help: string): Setting<T> => ({
	parse,
	takes,
	fallback,
	help,
});

export const SETTINGS = {
	config: of(optional(anyText), 'FILE', '', 'read settings from this TOML file'),
	port: of(port, 'N', '8080', 'TCP port, and UDP port for STUN'),
	host: of(anyText, 'ADDRESS', '0.0.0.0', 'address to listen on'),
	data: of(anyText, 'DIR', '.aegis', 'where key and mailboxes are kept'),
	serve: of(optional(anyText), 'DIR', '', 'serve the built app from this folder'),
	'public-url': of(optional(webAddress), 'URL', '', 'announce this address instead'),
	'public-ip': of(optional(ipAddress), 'IP', '', 'announce this address for WebRTC'),
	'webrtc-port': of(optional(portOrOff), 'N', '', 'UDP port for WebRTC; else the next; off'),
	upnp: of(flag, '', 'no', 'ask the router at home for ports'),
	'trusted-proxies': of(networks, 'NETWORKS', '127.0.0.0/8,::1', 'whose X-Forwarded-For counts'),
	'tls-cert': of(optional(anyText), 'FILE', '', 'certificate (PEM), with --tls-key'),
	'tls-key': of(optional(anyText), 'FILE', '', 'its private key (PEM)'),
	'tls-self-signed': of(flag, '', 'no', 'make a certificate and keep it'),
	name: of(shortText, 'TEXT', 'Aegis relay', 'name on the status page'),
	contact: of(optional(shortText), 'TEXT', '', 'who runs it, on the status page'),
	'public-relay': of(optional(relayUrl), 'URL', '', 'relay for anybody, shown on /how'),
	postgres: {
		...of(optional(postgresAddress), 'URL', '', 'keep mailboxes in PostgreSQL'),
		secret: true,
	},
	access: of(oneOf('open', 'invited'), 'WHO', 'open', 'open, or for invited people'),
	'max-connections': of(count, 'N', '10000', 'connections at once'),
	'max-mailboxes': of(count, 'N', '200000', 'mailboxes in all'),
	'max-bytes': of(size, 'SIZE', '8G', 'packets in all mailboxes'),
	'max-unsent': of(size, 'SIZE', '256M', 'in memory for clients that read slowly'),
	'address-connections': of(count, 'N', '256', 'connections from one address at once'),
	'address-mailboxes': of(count, 'N', '4000', 'mailboxes made from one in an hour'),
	'address-packets': of(count, 'N', '10000', 'packets and chunks from one in a minute'),
	'address-bytes': of(size, 'SIZE', '1G', 'kept from one address in a day'),
	'metrics-port': of(optional(port), 'N', '', 'Prometheus metrics on this port'),
	'metrics-host': of(anyText, 'ADDRESS', '127.0.0.1', 'and this address'),
	'admin-socket': of(optional(anyText), 'PATH', '', 'admin socket; else in the data folder'),
	log: of(oneOf('plain', 'json', 'off'), 'FORM', 'plain', 'plain, json or off'),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;

/** Each setting's value by its name. */
export type Values = {
	readonly [K in SettingName]: (typeof SETTINGS)[K]['parse'] extends (
		text: string,
	) => Result<infer T, string>
		? T
		: never;
};

export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

export const environmentName = (name: SettingName): string =>
	`AEGIS_${name.toUpperCase().replaceAll('-', '_')}`;

/** One line for each setting, as `--help` shows them. */
export const settingsHelp = (): string =>
	SETTING_NAMES.map((name) => {
		const { takes, fallback, help } = SETTINGS[name];
		const columns = [
			`  --${name} ${takes}`.padEnd(28),
			help.padEnd(38),
			environmentName(name).padEnd(23),
			fallback === 'no' ? '' : fallback,
		];
		return columns.join(' ').trimEnd();
	}).join('\n');
