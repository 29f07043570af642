// What processes have used, as Linux counts it.
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, on every machine there is. */
const TICK = 10_000;

/** Fields of /proc/PID/stat from the state on; the name before it may hold anything. */
const statOf = (pid: number): readonly string[] => {
	const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
	return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

/** These and all that they have started, and those, that are there. */
function withDescendants(pids: readonly number[]): Set<number> {
	const parents = new Map<number, number>();
	for (const name of readdirSync('/proc')) {
		const pid = Number(name);
		if (!Number.isInteger(pid)) continue;
		try {
			parents.set(pid, Number(statOf(pid)[1]));
		} catch {
			// It has ended meanwhile.
		}
	}
	const found = new Set(pids);
	for (let before = 0; before < found.size;) {
		before = found.size;
		for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
	}
	return found;
}

/** Microseconds of CPU that these processes and all below them have used, in user and kernel. */
export function cpuOf(pids: readonly number[]): number {
	let ticks = 0;
	for (const pid of withDescendants(pids)) {
		try {
			const fields = statOf(pid);
			ticks += Number(fields[11]) + Number(fields[12]);
		} catch {
			// It has ended meanwhile.
		}
	}
	return ticks * TICK;
}

/** Bytes of memory that a process holds. */
export function memoryOf(pid: number): number {
	const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
	return Number(found?.[1] ?? NaN) * 1024;
}
