// What the operator chose: flags first, then the environment, then the defaults. [RV1]
import { parseArgs } from 'node:util';
import { err, ok, type Result } from '#lib/util/result.ts';

export interface Options {
	readonly port: number;
	readonly host: string;
	/** Folder of the built app; null: no app is served. */
	readonly serve: string | null;
	readonly data: string;
	readonly tls:
		| { readonly kind: 'none' }
		| { readonly kind: 'files'; readonly cert: string; readonly key: string }
		| { readonly kind: 'self-signed' };
	/** Where clients reach it, when that is not what the machine itself sees. */
	readonly publicUrl: URL | null;
}

export const HELP = `Usage: node relay-server/main.ts [options]

An Aegis relay: keeps sealed packets for devices that are away, answers STUN, and can serve the app.

  --port N             TCP port, and UDP port for STUN        AEGIS_PORT             8080
  --host ADDRESS       address to listen on                   AEGIS_HOST             0.0.0.0
  --serve DIR          serve the built app from this folder   AEGIS_SERVE
  --data DIR           where key and mailboxes are kept       AEGIS_DATA             .aegis
  --tls-cert FILE      certificate (PEM), with --tls-key      AEGIS_TLS_CERT
  --tls-key FILE       its private key (PEM)                  AEGIS_TLS_KEY
  --tls-self-signed    make a certificate and keep it         AEGIS_TLS_SELF_SIGNED=1
  --public-url URL     announce this address instead          AEGIS_PUBLIC_URL
  --help               this text
`;

const FLAGS = {
	port: { type: 'string' },
	host: { type: 'string' },
	serve: { type: 'string' },
	data: { type: 'string' },
	'tls-cert': { type: 'string' },
	'tls-key': { type: 'string' },
	'tls-self-signed': { type: 'boolean' },
	'public-url': { type: 'string' },
	help: { type: 'boolean' },
} as const;

/** The options, `help`, or one sentence that says what is wrong. */
export function readOptions(
	args: readonly string[],
	environment: Readonly<Record<string, string | undefined>>,
): Result<Options | 'help', string> {
	let flags: Partial<Record<keyof typeof FLAGS, string | boolean>>;
	try {
		flags = parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
	} catch (cause) {
		return err(`${cause instanceof Error ? cause.message : 'Unknown option.'} Try --help.`);
	}
	if (flags.help === true) return ok('help');

	const value = (name: keyof typeof FLAGS): string | undefined => {
		const flag = flags[name];
		if (typeof flag === 'string') return flag;
		const set = environment[`AEGIS_${name.toUpperCase().replaceAll('-', '_')}`];
		return set === '' ? undefined : set;
	};

	const port = value('port') ?? '8080';
	if (!/^[0-9]{1,5}$/.test(port) || Number(port) > 65_535) {
		return err(`The port must be a number from 0 to 65535, not "${port}".`);
	}
	const [cert, key] = [value('tls-cert'), value('tls-key')];
	const selfSigned =
		flags['tls-self-signed'] ?? ['1', 'true', 'yes'].includes(value('tls-self-signed') ?? '');
	if ((cert === undefined) !== (key === undefined)) {
		return err('A certificate needs its key: give both --tls-cert and --tls-key.');
	}
	if (cert !== undefined && selfSigned !== false) {
		return err('Choose either --tls-cert and --tls-key, or --tls-self-signed.');
	}
	const publicText = value('public-url');
	const publicUrl = publicText === undefined ? null : readPublicUrl(publicText);
	if (publicUrl === undefined) {
		return err(`The public URL must be like https://relay.example, not "${publicText ?? ''}".`);
	}
	return ok({
		port: Number(port),
		host: value('host') ?? '0.0.0.0',
		serve: value('serve') ?? null,
		data: value('data') ?? '.aegis',
		tls:
			cert !== undefined && key !== undefined
				? { kind: 'files', cert, key }
				: { kind: selfSigned === false ? 'none' : 'self-signed' },
		publicUrl,
	});
}

function readPublicUrl(text: string): URL | undefined {
	const url = URL.parse(text);
	if (url === null || !/^(https?|wss?):$/.test(url.protocol)) return undefined;
	return url.username === '' && url.password === '' && url.search === '' ? url : undefined;
}
