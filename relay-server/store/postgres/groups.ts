// Which writes become one transaction: everything that waits when a line is free, in stages of one kind each, so that a
// kind's statements serve many calls. What concerns one mailbox stays in its order. [RS1] [RS5]
import { together, type Work } from './group.ts';
import {
	mailboxesOf,
	WRITES,
	type Args,
	type Outcome,
	type Write,
	type WriteName,
} from './writes.ts';
import { toHex, type Bytes } from '#lib/util/bytes.ts';

interface Call {
	readonly name: WriteName;
	readonly args: readonly unknown[];
	readonly mailboxes: readonly Bytes[];
	readonly resolve: (outcome: unknown) => void;
	readonly reject: (cause: unknown) => void;
}
interface Stage {
	readonly name: WriteName;
	readonly calls: Call[];
}

export interface Groups {
	/** Resolves when it is durable; rejects when it did not happen, or nobody knows. */
	call<K extends WriteName>(name: K, args: Args<K>): Promise<Outcome<K>>;
	/** Resolves when nothing waits any longer. */
	idle(): Promise<void>;
}

/** Operations, and bytes of blocks and chunks, in one transaction. */
const MAX_CALLS = 512;
const MAX_BYTES = 2 ** 22;

const sizeOf = (args: readonly unknown[]): number =>
	args.reduce<number>((sum, arg) => {
		if (arg instanceof Uint8Array) return sum + arg.length;
		const { block } = (arg ?? {}) as { readonly block?: Uint8Array };
		return sum + (block?.length ?? 0);
	}, 0);

/** Each mailbox's calls in their order; otherwise as few stages as that allows. */
export function stagesOf(calls: readonly Call[]): readonly Stage[] {
	const stages: Stage[] = [];
	const lastOf = new Map<string, number>();
	for (const call of calls) {
		const keys = call.mailboxes.map(toHex);
		const from = Math.max(0, ...keys.map((key) => lastOf.get(key) ?? 0));
		let at = stages.findIndex((stage, index) => index >= from && stage.name === call.name);
		if (at < 0) at = stages.push({ name: call.name, calls: [] }) - 1;
		stages[at]?.calls.push(call);
		for (const key of keys) lastOf.set(key, at);
	}
	return stages;
}

/** `onCommit` hears how long a transaction took and how many operations it held. */
export function createGroups(
	lanes: readonly Work[],
	onCommit: (seconds: number, operations: number) => void,
): Groups {
	const waiting = lanes.map((): Call[] => []);
	const running = lanes.map((): Promise<void> | undefined => undefined);

	const commit = async (lane: Work, calls: readonly Call[]): Promise<void> => {
		const mailboxes = new Map(
			calls.flatMap((call) => call.mailboxes).map((mailbox) => [toHex(mailbox), mailbox]),
		);
		const began = performance.now();
		const outcomes = await together(lane, { mailboxes: [...mailboxes.values()] }, async (group) => {
			const found = new Map<Call, unknown>();
			for (const stage of stagesOf(calls)) {
				const write = WRITES[stage.name] as Write<WriteName>;
				const args = stage.calls.map((call) => call.args as Args<WriteName>);
				const results = await write(group, args);
				stage.calls.forEach((call, at) => found.set(call, results[at]));
			}
			return found;
		});
		onCommit((performance.now() - began) / 1000, calls.length);
		for (const call of calls) call.resolve(outcomes.get(call));
	};

	/** One that breaks takes no other with it; but what may have been committed is not tried again. */
	const settle = async (lane: Work, calls: readonly Call[]): Promise<void> => {
		try {
			await commit(lane, calls);
		} catch (cause) {
			const isOfOne = calls.length > 1 && isRefusal(cause);
			if (!isOfOne) for (const call of calls) call.reject(cause);
			else for (const call of calls) await settle(lane, [call]);
		}
	};

	const run = async (at: number): Promise<void> => {
		const lane = lanes[at];
		const queue = waiting[at] ?? [];
		while (lane !== undefined && queue.length > 0) {
			let count = 0;
			for (let bytes = 0; count < Math.min(queue.length, MAX_CALLS) && bytes < MAX_BYTES; count++) {
				bytes += sizeOf(queue[count]?.args ?? []);
			}
			await settle(lane, queue.splice(0, count));
		}
		running[at] = undefined;
	};

	return {
		call: <K extends WriteName>(name: K, args: Args<K>) =>
			new Promise<Outcome<K>>((resolve, reject) => {
				const mailboxes = mailboxesOf(name, args);
				const at = (mailboxes[0]?.at(-1) ?? 0) % lanes.length;
				waiting[at]?.push({
					name,
					args,
					mailboxes,
					resolve: resolve as Call['resolve'],
					reject,
				});
				// What this turn asks goes together.
				running[at] ??= Promise.resolve().then(() => run(at));
			}),
		idle: async () => {
			for (const lane of running) await lane;
		},
	};
}

/** The server said no to a statement: nothing of its transaction was kept. Classes 22, 23: data, constraints. */
const isRefusal = (cause: unknown): boolean =>
	cause instanceof Error && 'code' in cause && /^2[23]/.test(String(cause.code));
