// What operators are given to begin with is true: the files of deploy/ and the Dockerfile name what there is.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { environmentName, SETTING_NAMES } from '../../relay-server/config/settings.ts';
import { runRelay } from '../support/relay-process.ts';

const run = promisify(execFile);
const fileOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): Promise<string> => readFile(fileOf(name), 'utf8');
const isThere = (program: string): Promise<boolean> =>
	run('which', [program]).then(
		() => true,
		() => false,
	);
const [hasSystemd, hasCaddy, hasCompose] = await Promise.all(
	['systemd-analyze', 'caddy', 'docker-compose'].map(isThere),
);
/** Not the relay's: what the compose files ask of whoever runs them. */
const ASKED = { AEGIS_DOMAIN: 'relay.example', AEGIS_DATABASE_PASSWORD: 'chosen' };

describe('what is given to operators', () => {
	it('[RV20] has settings that are sound, in the file', async () => {
		const checked = await runRelay(['config', 'check', '--config', fileOf('deploy/relay.toml')]);
		expect(checked.output).toMatch(/The settings are sound\.\n$/);
		expect(checked.output).toMatch(/^metrics-port +9108 +\S+relay\.toml$/m);
	});

	it('[RV20] names no variable that the relay does not know', async () => {
		const known = [...SETTING_NAMES.map(environmentName), ...Object.keys(ASKED)];
		const files = ['Dockerfile', 'deploy/compose.yaml', 'deploy/compose.postgres.yaml'];
		const named = (await Promise.all(files.map(read))).flatMap((text) =>
			Array.from(text.matchAll(/\bAEGIS_[A-Z_]+/g), ([name]) => name),
		);
		expect(named).toContain('AEGIS_TRUSTED_PROXIES');
		expect(named.filter((name) => !known.includes(name))).toEqual([]);
	});

	it('[RV20] lets the relay trust the very network its proxy is in', async () => {
		const compose = await read('deploy/compose.yaml');
		const trusted = /AEGIS_TRUSTED_PROXIES: (\S+)/.exec(compose)?.[1];
		expect(trusted).toBe(/subnet: (\S+)/.exec(compose)?.[1]);
	});

	it.skipIf(!hasSystemd)('[RV20] is a unit that systemd takes', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'unit-'));
		onTestFinished(() => rm(folder, { recursive: true }));
		const unit = join(folder, 'aegis-relay.service');
		const text = await read('deploy/aegis-relay.service');
		expect(text).toContain('ExecStart=/usr/bin/node ');
		await writeFile(unit, text.replace('/usr/bin/node', process.execPath));
		const { stderr } = await run('systemd-analyze', ['verify', unit]);
		expect(stderr).toBe('');
	});

	it.skipIf(!hasCaddy)('[RV20] is a Caddyfile that Caddy takes', async () => {
		const args = ['validate', '--adapter', 'caddyfile', '--config', fileOf('deploy/Caddyfile')];
		const { stderr } = await run('caddy', args, { env: { ...process.env, ...ASKED } });
		expect(stderr).not.toMatch(/"level":"(warn|error)"/);
	});

	it.skipIf(!hasCompose)('[RV20] is what compose takes, with PostgreSQL and without', async () => {
		const env = { ...process.env, ...ASKED };
		const plain = ['-f', fileOf('deploy/compose.yaml')];
		const both = [...plain, '-f', fileOf('deploy/compose.postgres.yaml')];
		const servicesOf = async (files: string[]): Promise<string[]> =>
			(await run('docker-compose', [...files, 'config', '--services'], { env })).stdout
				.trim()
				.split('\n')
				.sort();
		expect(await servicesOf(plain)).toEqual(['caddy', 'relay']);
		expect(await servicesOf(both)).toEqual(['caddy', 'postgres', 'relay']);
	});
});
