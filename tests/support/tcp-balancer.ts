// What stands before several servers: takes connections on one port of this machine and leads them to the first target
// that answers, starting from another one each time.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Balancer {
	readonly port: number;
	/** Ports, in any order. */
	targets: readonly number[];
	/** Looks at what a server sends before it is passed on; false ends that connection instead. */
	passes: (fromServer: Buffer) => boolean;
	/** Connections that were led to each port. */
	readonly led: ReadonlyMap<number, number>;
	close(): Promise<void>;
}

export async function createBalancer(targets: readonly number[]): Promise<Balancer> {
	const sockets = new Set<Socket>();
	const led = new Map<number, number>();
	let turn = 0;

	const lead = (client: Socket, left: readonly number[]): void => {
		const [port, ...others] = left;
		if (port === undefined) {
			client.destroy();
			return;
		}
		const server = connect(port, '127.0.0.1');
		sockets.add(server);
		let open = false;
		server.once('connect', () => {
			open = true;
			led.set(port, (led.get(port) ?? 0) + 1);
			client.on('data', (data) => server.write(data));
			client.resume();
		});
		server.on('data', (data) => {
			if (balancer.passes(data)) client.write(data);
			else client.destroy();
		});
		server.on('error', () => undefined);
		server.on('close', () => {
			sockets.delete(server);
			if (open) client.destroy();
			else lead(client, others);
		});
		client.on('close', () => server.destroy());
	};
	const listener = createServer((client) => {
		sockets.add(client);
		client.on('error', () => undefined);
		client.once('close', () => sockets.delete(client));
		client.pause();
		turn += 1;
		const from = turn % Math.max(1, balancer.targets.length);
		lead(client, [...balancer.targets.slice(from), ...balancer.targets.slice(0, from)]);
	});
	await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
	const balancer: Balancer = {
		port: (listener.address() as AddressInfo).port,
		targets,
		passes: () => true,
		led,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => listener.close(resolve));
		},
	};
	return balancer;
}
