// Waiting for a condition: as long as a busy machine may need, for no test judges how fast it is.
import { vi } from 'vitest';

/** What `check` gives once it no longer throws; its last error after 30 s. */
export const until = <T>(check: () => T | Promise<T>): Promise<T> =>
	vi.waitFor(check, { timeout: 30_000, interval: 10 });
