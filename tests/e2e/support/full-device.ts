// A page on a device that has no room left, when the story wants so. What Chromium says of its room is the same on every
// device, and its own switch for quotas changes nothing, so the page is told what a full one tells it.
import type { Page } from 'playwright-core';

declare global {
	interface Window {
		/** known: the browser says beforehand that there is no room. met: only whoever writes learns of it. */
		isFull: 'known' | 'met' | false;
	}
}

/** Runs before the page's own scripts. */
export function fullWhenTold(): void {
	window.isFull = false;
	const { postMessage } = Worker.prototype;
	Worker.prototype.postMessage = function (
		this: Worker,
		asked: unknown,
		given: Transferable[] = [],
	) {
		const { id, question } = asked as { id?: number; question?: { type: string } };
		if (window.isFull === false || question?.type !== 'write') {
			postMessage.call(this, asked, { transfer: given });
			return;
		}
		const data = { id, error: { name: 'QuotaExceededError', message: 'no room' } };
		queueMicrotask(() => this.dispatchEvent(new MessageEvent('message', { data })));
	} as Worker['postMessage'];
	// An empty page has none.
	if (!('StorageManager' in window)) return;
	const { estimate } = StorageManager.prototype;
	StorageManager.prototype.estimate = async function (this: StorageManager) {
		const { quota = 0, usage = 0 } = await estimate.call(this);
		return { usage, quota: window.isFull === 'known' ? usage : quota };
	};
}

export const setFull = (page: Page, isFull: Window['isFull']): Promise<void> =>
	page.evaluate((how) => {
		window.isFull = how;
	}, isFull);
