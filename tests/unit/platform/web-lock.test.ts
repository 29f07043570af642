// Two tabs and one node, over the platform's own locks and channels.
import { describe, expect, it, vi } from 'vitest';
import { createSystemClock } from '#lib/platform/clock.ts';
import { createWebLock, YIELD_WITHIN } from '#lib/platform/web-lock.ts';
import type { BusyNode, HeldNode, NodeLock } from '#lib/ports/lock.ts';
import type { Clock } from '#lib/ports/clock.ts';
import { until } from '../../support/until.ts';

let count = 0;
const tab = (clock: Clock = createSystemClock()): NodeLock =>
	createWebLock({
		locks: navigator.locks,
		clock,
		createChannel: (channel) => new BroadcastChannel(channel),
	});
function held(node: HeldNode | BusyNode): HeldNode {
	if (!node.held) throw new Error('busy');
	return node;
}
function busy(node: HeldNode | BusyNode): BusyNode {
	if (node.held) throw new Error('held');
	return node;
}
/** A clock whose every timer is due at once: the patience of whoever takes over is used up. */
const impatient: Clock = {
	now: () => 0,
	after(ms, callback) {
		expect(ms).toBe(YIELD_WITHIN);
		const timer = setImmediate(callback);
		return () => {
			clearImmediate(timer);
		};
	},
};

describe('lock on the node', () => {
	it('[ST9] is held by one tab at a time, and free after release', async () => {
		const name = `node-${++count}`;
		const first = held(await tab().requestNode(name));
		busy(await tab().requestNode(name));
		first.release();
		await until(async () => {
			held(await tab().requestNode(name)).release();
		});
	});

	it('[ST9] passes to the tab that takes over, after the first has stopped', async () => {
		const name = `node-${++count}`;
		const first = held(await tab().requestNode(name));
		const events: string[] = [];
		let stop = (): void => {};
		first.onLost = async () => {
			events.push('asked to stop');
			await new Promise<void>((resolve) => (stop = resolve));
			events.push('stopped');
		};
		const taking = busy(await tab().requestNode(name)).takeOver();
		void taking.then(() => events.push('taken over'));
		await until(() => {
			expect(events).toEqual(['asked to stop']);
		});
		stop();
		const second = await taking;
		expect(events).toEqual(['asked to stop', 'stopped', 'taken over']);
		busy(await tab().requestNode(name));
		first.release();
		busy(await tab().requestNode(name));
		second.release();
	});

	it('[ST9] is taken from a tab that does not stop in time, which is told once', async () => {
		const name = `node-${++count}`;
		const first = held(await tab().requestNode(name));
		const lost = vi.fn(() => new Promise<void>(() => {}));
		first.onLost = lost;
		const second = await busy(await tab(impatient).requestNode(name)).takeOver();
		await until(() => {
			expect(lost).toHaveBeenCalledTimes(1);
		});
		expect(second.held).toBe(true);
		busy(await tab().requestNode(name));
		second.release();
	});

	it('[ST9] can be taken back', async () => {
		const name = `node-${++count}`;
		held(await tab().requestNode(name));
		const second = await busy(await tab().requestNode(name)).takeOver();
		const third = await busy(await tab().requestNode(name)).takeOver();
		second.release();
		busy(await tab().requestNode(name));
		third.release();
	});
});
