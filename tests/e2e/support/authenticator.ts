// A passkey device of the browser's own, which says yes to everything.
import type { CDPSession, Page } from 'playwright-core';

export async function virtualAuthenticator(page: Page): Promise<CDPSession> {
	const session = await page.context().newCDPSession(page);
	await session.send('WebAuthn.enable');
	await session.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2',
			ctap2Version: 'ctap2_1',
			transport: 'internal',
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			hasPrf: true,
			automaticPresenceSimulation: true,
		},
	});
	return session;
}

/** Counts how often the page asks for a passkey from now on, until it is loaded anew. */
export async function countAsking(page: Page): Promise<() => Promise<number>> {
	await page.evaluate(() => {
		const { credentials } = navigator;
		const get = credentials.get.bind(credentials);
		Object.assign(window, { asked: 0 });
		credentials.get = (options) => {
			(window as unknown as { asked: number }).asked++;
			return get(options);
		};
	});
	return () => page.evaluate(() => (window as unknown as { asked: number }).asked);
}
