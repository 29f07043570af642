// The Peers panel as a person uses it. Opened for each look and closed again, so that it is never in the way.
import type { Locator, Page } from 'playwright-core';
import { m } from './words.ts';

export interface PeersPanel {
	/** Waits until the button in the corner counts this many. */
	count(count: number): Promise<void>;
	/** Adds a relay by Manual Override and waits until it is connected. */
	addRelay(address: string): Promise<void>;
	/** Tries to; waits for the complaint, and returns what stands in the box then. */
	tryRelay(address: string, complaint: string): Promise<string>;
	/** Accepts the relay that the page came from. */
	acceptOffered(): Promise<void>;
	/** Waits until this text is in the panel. */
	shows(text: string): Promise<void>;
	/** Waits until this person is reached this way. */
	reaches(name: string, route: string): Promise<void>;
	/** The link by which a relay is handed on. */
	relayLink(host: string): Promise<string>;
	removeRelay(host: string): Promise<void>;
	/** Tests the connection, waits for this outcome, and returns everything that was found. */
	test(outcome: string): Promise<string>;
	/** Waits until the one relay says so. */
	relayIs(state: string): Promise<void>;
}

export function createPeersPanel(page: () => Page): PeersPanel {
	const button = (name = /Peer/): Locator =>
		page().getByRole('button', { name }).filter({ visible: true }).first();

	async function inside<T>(look: (panel: Locator) => Promise<T>): Promise<T> {
		await button().click();
		const panel = page().getByRole('dialog', { name: m.peers_title() });
		const seen = await look(panel);
		await panel.getByRole('button', { name: m.close() }).click();
		await panel.waitFor({ state: 'detached' });
		return seen;
	}
	const connect = async (panel: Locator, address: string): Promise<void> => {
		await panel.getByLabel(m.override_label()).fill(address);
		await panel.getByRole('button', { name: m.override_action(), exact: true }).click();
	};
	const shows = (panel: Locator, text: string): Promise<void> =>
		panel.getByText(text).first().waitFor();

	return {
		count: (count) => button(new RegExp(`\\b${m.peers_count({ count })}\\b`)).waitFor(),
		addRelay: (address) =>
			inside(async (panel) => {
				await connect(panel, address);
				await shows(panel, m.relay_added());
				await shows(panel, m.relay_connected());
			}),
		tryRelay: (address, complaint) =>
			inside(async (panel) => {
				await connect(panel, address);
				await panel.getByRole('alert').getByText(complaint).waitFor();
				return panel.getByLabel(m.override_label()).inputValue();
			}),
		acceptOffered: () =>
			inside(async (panel) => {
				await panel.getByRole('button', { name: m.add(), exact: true }).click();
				await shows(panel, m.relay_connected());
			}),
		shows: (text) => inside((panel) => shows(panel, text)),
		reaches: (name, route) =>
			inside(async (panel) => {
				const row = panel.getByRole('listitem').filter({ hasText: name });
				// The first line: the one below it says that something is tried directly.
				await row.locator('.route').first().filter({ hasText: route }).waitFor();
			}),
		relayLink: (host) =>
			inside(async (panel) => {
				const row = panel.getByRole('listitem').filter({ hasText: host });
				await row.getByRole('button', { name: m.relay_share({ relay: host }) }).click();
				return row.locator('code').innerText();
			}),
		removeRelay: (host) =>
			inside(async (panel) => {
				await panel.getByRole('button', { name: m.relay_remove({ relay: host }) }).click();
				await panel.getByRole('listitem').filter({ hasText: host }).waitFor({ state: 'detached' });
			}),
		test: (outcome) =>
			inside(async (panel) => {
				await panel.getByRole('button', { name: m.test_action(), exact: true }).click();
				const report = panel.getByRole('status').filter({ hasText: outcome });
				await report.waitFor();
				return report.innerText();
			}),
		relayIs: (state) => inside((panel) => panel.getByRole('listitem').getByText(state).waitFor()),
	};
}
