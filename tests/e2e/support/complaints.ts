// What pages complain about: errors in their consoles and exceptions that nobody caught. A story names those it expects.
import type { BrowserContext } from 'playwright-core';

export interface Complaints {
	/** From now on these are no surprise. */
	expect(pattern: RegExp): void;
	/** The unexpected ones since the last time. */
	take(): readonly string[];
}

/** An address without a scheme is tried with TLS first; this relay has none. */
export const TRIES_TLS_FIRST = /^WebSocket connection to 'wss:[^']*' failed/;
/** A relay that is dead, or was never there: Chromium itself writes this, and no page can prevent it. */
export const NO_RELAY = /^WebSocket connection to '[^']*' failed/;
/** The page asks its own server who it is, and for a newer version of itself. */
export const NO_HOST = /^Failed to load resource: .*(relay\.json|service-worker\.js)\)$/;

export function watchComplaints(context: BrowserContext): Complaints {
	const expected: RegExp[] = [];
	const heard: string[] = [];
	const hear = (text: string): void => {
		if (!expected.some((pattern) => pattern.test(text))) heard.push(text);
	};
	context.on('console', (message) => {
		if (message.type() === 'error') hear(`${message.text()} (${message.location().url})`);
	});
	context.on('weberror', (error) => {
		hear(error.error().stack ?? error.error().message);
	});
	return {
		expect: (pattern) => expected.push(pattern),
		take: () => heard.splice(0),
	};
}
