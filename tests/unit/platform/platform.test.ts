// The small things that a platform gives, and what is said when it doesn't.
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { missingCapabilities, type Scope } from '#lib/platform/capabilities.ts';
import { createSystemClock } from '#lib/platform/clock.ts';
import { createSystemRandom } from '#lib/platform/random.ts';
import { requestPersistence, storageState } from '#lib/platform/storage-persistence.ts';
import { until } from '../../support/until.ts';

afterEach(() => void vi.useRealTimers());

describe('clock', () => {
	it('[PF1] calls once after the wait, unless cancelled', () => {
		vi.useFakeTimers();
		const clock = createSystemClock();
		const kept = vi.fn();
		const cancelled = vi.fn();
		const start = clock.now();
		clock.after(50, kept);
		clock.after(50, cancelled)();
		vi.advanceTimersByTime(49);
		expect(kept).not.toHaveBeenCalled();
		vi.advanceTimersByTime(1000);
		expect(kept).toHaveBeenCalledTimes(1);
		expect(cancelled).not.toHaveBeenCalled();
		expect(clock.now() - start).toBe(1049);
	});

	it('[PF1] [DM3] ends a wait soon after a sleep in which timers stood still', () => {
		vi.useFakeTimers();
		const clock = createSystemClock();
		const callback = vi.fn();
		clock.after(3_600_000, callback);
		vi.advanceTimersByTime(60_000);
		vi.setSystemTime(Date.now() + 8 * 3_600_000);
		expect(callback).not.toHaveBeenCalled();
		vi.advanceTimersByTime(15_000);
		expect(callback).toHaveBeenCalledTimes(1);
	});

	it('[PF1] waits no longer for a clock that was put back', () => {
		vi.useFakeTimers();
		const clock = createSystemClock();
		const callback = vi.fn();
		clock.after(3_600_000, callback);
		vi.setSystemTime(Date.now() - 86_400_000);
		vi.advanceTimersByTime(3_599_999);
		expect(callback).not.toHaveBeenCalled();
		vi.advanceTimersByTime(1);
		expect(callback).toHaveBeenCalledTimes(1);
	});

	it('[PF1] waits longer than one timer can', () => {
		vi.useFakeTimers();
		const clock = createSystemClock();
		const month = 30 * 86_400_000;
		const callback = vi.fn();
		const cancelled = vi.fn();
		clock.after(month, callback);
		const cancel = clock.after(month, cancelled);
		vi.advanceTimersByTime(month - 1);
		expect(callback).not.toHaveBeenCalled();
		cancel();
		vi.advanceTimersByTime(1);
		expect(callback).toHaveBeenCalledTimes(1);
		expect(cancelled).not.toHaveBeenCalled();
	});
});

it('[PF2] random bytes are fresh and of the length asked for', () => {
	const random = createSystemRandom();
	expect(random.bytes(32)).toHaveLength(32);
	expect(random.bytes(0)).toHaveLength(0);
	expect(random.bytes(32)).not.toEqual(random.bytes(32));
});

describe('persistence', () => {
	it('[PF3] tells what the browser answers', async () => {
		const storage = {
			persist: async () => true,
			persisted: async () => false,
			estimate: async () => ({ usage: 10, quota: 100 }),
		};
		expect(await storageState(storage)).toEqual({ persisted: false, usage: 10, quota: 100 });
		expect(await requestPersistence(storage)).toEqual({ persisted: true, usage: 10, quota: 100 });
		const denying = { ...storage, persist: async () => false };
		expect((await requestPersistence(denying)).persisted).toBe(false);
	});

	it('[PF3] says that it does not know where the browser lacks or refuses the question', async () => {
		const nothing = { persisted: undefined, usage: undefined, quota: undefined };
		expect(await requestPersistence(undefined)).toEqual(nothing);
		const refusing = () => Promise.reject(new Error('no'));
		expect(
			await requestPersistence({ persist: refusing, persisted: refusing, estimate: refusing }),
		).toEqual(nothing);
	});
});

describe('capabilities', () => {
	const complete = (): Scope => ({
		isSecureContext: true,
		crypto: globalThis.crypto,
		indexedDB: new IDBFactory(),
		RTCPeerConnection: class {},
		navigator: { serviceWorker: {}, locks: {} },
	});
	const missing = async (change: Partial<Scope>): Promise<string[]> =>
		(await missingCapabilities({ ...complete(), ...change })).map(({ capability }) => capability);

	it('[PF4] misses nothing in a complete browser, and leaves nothing behind', async () => {
		const scope = complete();
		expect(await missingCapabilities(scope)).toEqual([]);
		await until(async () => {
			expect(await scope.indexedDB?.databases()).toEqual([]);
		});
	});

	it('[PF4] names what is missing, essential things first', async () => {
		expect(await missingCapabilities({})).toEqual([
			{ capability: 'secure-context', essential: true },
			{ capability: 'web-crypto', essential: true },
			{ capability: 'indexed-db', essential: true },
			{ capability: 'web-locks', essential: true },
			{ capability: 'ed25519', essential: false },
			{ capability: 'x25519', essential: false },
			{ capability: 'web-rtc', essential: false },
			{ capability: 'service-worker', essential: false },
		]);
	});

	it('[PF4] finds an IndexedDB that has the interface and refuses the work', async () => {
		const refusing = new IDBFactory();
		vi.spyOn(refusing, 'open').mockImplementation(() => {
			throw new DOMException('private window', 'InvalidStateError');
		});
		expect(await missing({ indexedDB: refusing })).toEqual(['indexed-db']);
		const denied: Scope = Object.defineProperty(complete(), 'indexedDB', {
			get: () => {
				throw new DOMException('denied', 'SecurityError');
			},
		});
		expect((await missingCapabilities(denied)).map((m) => m.capability)).toEqual(['indexed-db']);
	});

	it('[PF4] finds a platform without the newer curves', async () => {
		const { subtle } = globalThis.crypto;
		const older = {
			generateKey: (algorithm: AlgorithmIdentifier, ...rest: [boolean, KeyUsage[]]) =>
				typeof algorithm === 'string'
					? Promise.reject(new DOMException(algorithm, 'NotSupportedError'))
					: subtle.generateKey(algorithm, ...rest),
		} as unknown as SubtleCrypto;
		expect(await missing({ crypto: { subtle: older } })).toEqual(['ed25519', 'x25519']);
	});
});
