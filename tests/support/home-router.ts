// A home in network namespaces: a machine, its router that speaks UPnP (Debian's miniupnpd), and the world outside.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DAEMON = '/usr/sbin/miniupnpd';
export const OUTSIDE = '11.22.33.44';

const run = (command: string, ...args: readonly string[]): string =>
	execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Null, or why this machine can't have one. Installs what is missing where that is allowed. */
export function whyNoRouter(): string | null {
	if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux';
	try {
		if (!existsSync(DAEMON) || !existsSync('/usr/sbin/nft') || !existsSync('/usr/sbin/ip')) {
			const packages = ['miniupnpd', 'nftables', 'iproute2'];
			run('apt-get', 'update');
			run('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-qy', ...packages);
		}
		run('ip', 'netns', 'add', 'aegis-try');
		run('ip', 'netns', 'del', 'aegis-try');
		return null;
	} catch {
		return 'needs miniupnpd and network namespaces';
	}
}

const RULES = `
table inet filter {
	chain miniupnpd { }
	chain prerouting_miniupnpd { }
	chain postrouting_miniupnpd { }
	chain forward {
		type filter hook forward priority 0; policy drop;
		jump miniupnpd
		ct state established,related accept
		iifname "lan0" accept
	}
	chain prerouting {
		type nat hook prerouting priority -100; policy accept;
		jump prerouting_miniupnpd
	}
	chain postrouting {
		type nat hook postrouting priority 100; policy accept;
		jump postrouting_miniupnpd
		oifname "wan0" masquerade
	}
}`;

const SETTINGS = `ext_ifname=wan0
listening_ip=lan0
enable_upnp=yes
enable_natpmp=no
secure_mode=yes
uuid=6f3b1a0e-7c1d-4b53-9b55-2f0c7c1d8a11
allow 1024-65535 192.168.77.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
`;

export interface Home {
	/** Prefix of a command that runs on the machine at home. */
	readonly inside: readonly string[];
	/** Runs a command in the world outside; its output. */
	outside(...command: readonly string[]): string;
	remove(): Promise<void>;
}

export async function buildHome(): Promise<Home> {
	const folder = await mkdtemp(join(tmpdir(), 'aegis-home-'));
	const [home, router, world] = ['home', 'router', 'world'].map(
		(name) => `aegis-${name}-${String(process.pid)}`,
	) as [string, string, string];
	const spaces = [home, router, world];
	const ip = (space: string, ...args: string[]): string => run('ip', '-n', space, ...args);
	const wire = (space: string, name: string, address: string): void => {
		ip(space, 'addr', 'add', address, 'dev', name);
		ip(space, 'link', 'set', name, 'up');
	};
	for (const space of spaces) {
		run('ip', 'netns', 'add', space);
		ip(space, 'link', 'set', 'lo', 'up');
	}
	const veth = (name: string, space: string, peer: string): void => {
		run(
			'ip',
			'link',
			'add',
			name,
			'netns',
			space,
			'type',
			'veth',
			'peer',
			'name',
			peer,
			'netns',
			router,
		);
	};
	veth('eth0', home, 'lan0');
	veth('eth0', world, 'wan0');
	wire(home, 'eth0', '192.168.77.2/24');
	wire(router, 'lan0', '192.168.77.1/24');
	wire(router, 'wan0', `${OUTSIDE}/24`);
	wire(world, 'eth0', '11.22.33.1/24');
	ip(home, 'route', 'add', 'default', 'via', '192.168.77.1');

	const inRouter = (...command: readonly string[]): string =>
		run('ip', 'netns', 'exec', router, ...command);
	inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=1');
	await writeFile(join(folder, 'rules'), RULES);
	await writeFile(join(folder, 'settings'), SETTINGS);
	inRouter('nft', '-f', join(folder, 'rules'));
	const daemon: ChildProcess = spawn(
		'ip',
		[
			'netns',
			'exec',
			router,
			DAEMON,
			'-d',
			'-f',
			join(folder, 'settings'),
			'-P',
			join(folder, 'pid'),
		],
		{ stdio: 'ignore' },
	);
	return {
		inside: ['ip', 'netns', 'exec', home],
		outside: (...command) => run('ip', 'netns', 'exec', world, ...command),
		remove: async () => {
			daemon.kill('SIGKILL');
			for (const space of spaces) run('ip', 'netns', 'del', space);
			await rm(folder, { recursive: true });
		},
	};
}
