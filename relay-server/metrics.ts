// What a relay counts. Sums only: nothing here has a mailbox's, a packet's or a client's name. [RV10]
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { StoreTotals } from './store/relay-store.ts';
import { ERROR_CODE, type ErrorCode } from '#lib/protocol/mailbox.ts';

/** What the sockets tell of their connections. */
export interface Traffic {
	opened(): void;
	closed(): void;
	received(bytes: number): void;
	sent(bytes: number): void;
}

export interface Metrics {
	readonly traffic: Traffic;
	stored(bytes: number): void;
	acknowledged(): void;
	deleted(cause: 'delivered' | 'asked' | 'removed' | 'expired', packets: number): void;
	refused(code: ErrorCode): void;
	committed(seconds: number, operations: number): void;
	/** Everything in Prometheus' text format. */
	read(): Promise<string>;
	readonly contentType: string;
}

/** `unknownMailbox` as `unknown-mailbox`. */
const REASONS: ReadonlyMap<ErrorCode, string> = new Map(
	Object.entries(ERROR_CODE).map(([name, code]) => [
		code,
		name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
	]),
);

/** Commits take from a tenth of a millisecond to what a struggling disk needs. */
const COMMIT_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const COMMIT_OPERATIONS = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000];

export function createMetrics(totals: () => Promise<StoreTotals>): Metrics {
	const registry = new Registry();
	const registers = [registry];
	collectDefaultMetrics({ register: registry });

	const counter = <L extends string = never>(
		name: string,
		help: string,
		labelNames: readonly L[] = [],
	): Counter<L> => new Counter({ name: `aegis_${name}`, help, labelNames, registers });
	const gauge = (name: string, help: string): Gauge =>
		new Gauge({ name: `aegis_${name}`, help, registers });
	const histogram = (name: string, help: string, buckets: number[]): Histogram =>
		new Histogram({ name: `aegis_${name}`, help, buckets, registers });

	const connections = gauge('connections', 'Connections of clients now');
	const opened = counter('connections_total', 'Connections of clients so far');
	const frames = counter('frames_received_total', 'Frames that clients sent');
	const bytesIn = counter('received_bytes_total', 'Bytes of frames that clients sent');
	const bytesOut = counter('sent_bytes_total', 'Bytes of frames sent to clients');
	const storedPackets = counter('packets_stored_total', 'Packets stored');
	const storedBytes = counter('packets_stored_bytes_total', 'Bytes of packets stored');
	const acknowledgements = counter('acknowledgements_total', 'Acknowledgements taken');
	const deletions = counter('packets_deleted_total', 'Packets deleted, by cause', ['cause']);
	const refusals = counter('refusals_total', 'What was refused, by reason', ['reason']);
	const seconds = histogram('commit_seconds', 'Time of one commit', COMMIT_SECONDS);
	const operations = histogram('commit_operations', 'Operations in one commit', COMMIT_OPERATIONS);
	const held = {
		mailboxes: gauge('mailboxes', 'Mailboxes now'),
		packets: gauge('packets', 'Packets waiting now'),
		bytes: gauge('packets_bytes', 'Bytes of packets waiting now'),
	};

	return {
		traffic: {
			opened: () => {
				connections.inc();
				opened.inc();
			},
			closed: () => connections.dec(),
			received: (bytes) => {
				frames.inc();
				bytesIn.inc(bytes);
			},
			sent: (bytes) => bytesOut.inc(bytes),
		},
		stored: (bytes) => {
			storedPackets.inc();
			storedBytes.inc(bytes);
		},
		acknowledged: () => acknowledgements.inc(),
		deleted: (cause, packets) => deletions.inc({ cause }, packets),
		refused: (code) => refusals.inc({ reason: REASONS.get(code) ?? 'unknown' }),
		committed: (took, count) => {
			seconds.observe(took);
			operations.observe(count);
		},
		read: async () => {
			const now = await totals();
			held.mailboxes.set(now.mailboxes);
			held.packets.set(now.packets);
			held.bytes.set(now.bytes);
			return registry.metrics();
		},
		contentType: registry.contentType,
	};
}
