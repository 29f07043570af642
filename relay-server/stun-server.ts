// The STUN service on UDP, with a bound on what it answers, so that it can't be used to flood somebody. [RV6]
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { decodeBindingRequest, encodeBindingAnswer } from './stun.ts';

/** Answers to one address, and to all together, in each period. */
const PERIOD = 10_000;
const PER_ADDRESS = 100;
const IN_ALL = 20_000;
const MAX_ADDRESSES = 10_000;

export interface StunServer {
	close(): void;
}

/** Undefined where the port can't be had: the relay works without. */
export function serveStun(host: string, port: number): Promise<StunServer | undefined> {
	const type = isIPv6(host) ? 'udp6' : 'udp4';
	const socket: Socket = createSocket(type);
	let counts = new Map<string, number>();
	let total = 0;
	const period = setInterval(() => {
		counts = new Map();
		total = 0;
	}, PERIOD);
	period.unref();

	const mayAnswer = (address: string): boolean => {
		const count = counts.get(address) ?? 0;
		if (count >= PER_ADDRESS || total >= IN_ALL) return false;
		if (count === 0 && counts.size >= MAX_ADDRESSES) return false;
		counts.set(address, count + 1);
		total += 1;
		return true;
	};

	socket.on('message', (packet, from) => {
		const request = decodeBindingRequest(packet);
		if (request === undefined || !mayAnswer(from.address)) return;
		const answer = encodeBindingAnswer(request, from.address, from.port);
		// Whether it arrives is the asker's worry: it asks again.
		if (answer !== undefined) socket.send(answer, from.port, from.address, () => undefined);
	});
	return new Promise((resolve) => {
		socket.once('listening', () => {
			resolve({
				close: () => {
					clearInterval(period);
					socket.close();
				},
			});
		});
		socket.on('error', () => {
			// After the start single errors (unreachable askers) are no reason to stop.
			resolve(undefined);
		});
		socket.bind({ address: host, port });
	});
}
