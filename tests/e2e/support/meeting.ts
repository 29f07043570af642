// How two people connect without a server: what each does before their screen.
import type { Locator } from 'playwright-core';
import type { FakeCamera } from './camera.ts';
import type { Person } from './person.ts';
import { m } from './words.ts';

export const dialogOf = ({ page }: Person): Locator =>
	page.getByRole('dialog', { name: m.meet_title() });

const press = (person: Person, name: string): Promise<void> =>
	dialogOf(person).getByRole('button', { name, exact: true }).click();

/** Opens the dialog from the panel of peers. */
export async function openMeeting({ page }: Person): Promise<void> {
	await page.getByRole('button', { name: /Peer/ }).filter({ visible: true }).first().click();
	const panel = page.getByRole('dialog', { name: m.peers_title() });
	// Whoever is connected already and looks at no space has it above.
	await panel
		.getByRole('button', { name: m.meet_action() })
		.or(panel.getByRole('button', { name: m.net_meet() }))
		.click();
}

/** The same; the code is on screen then. */
export async function showCode(person: Person): Promise<Locator> {
	await openMeeting(person);
	return offerCode(person);
}

export async function offerCode(person: Person): Promise<Locator> {
	const code = dialogOf(person).getByRole('img', { name: m.meet_qr() });
	await code.waitFor();
	return code;
}

export async function answerCode(person: Person): Promise<Locator> {
	const code = dialogOf(person).getByRole('img', { name: m.meet_answer_qr() });
	await code.waitFor();
	return code;
}

/** Copies what the button copies. */
export async function copied(person: Person, button: string): Promise<string> {
	const { page } = person;
	await page.evaluate(() => {
		Object.defineProperty(navigator, 'clipboard', {
			configurable: true,
			value: { writeText: (text: string) => ((window as { copied?: string }).copied = text) },
		});
	});
	await press(person, button);
	return page.evaluate(() => (window as { copied?: string }).copied ?? '');
}

export async function paste(person: Person, code: string): Promise<void> {
	await dialogOf(person).getByLabel(m.meet_paste()).fill(code);
	await press(person, m.meet_take());
}

/** Holds the camera over a code on somebody else's screen. */
export async function scan(person: Person, seen: FakeCamera, code: Locator): Promise<void> {
	await seen.show(code);
	await press(person, m.meet_scan());
}

/** Waits until it says so, and goes to the chat. */
export async function connectedWith(person: Person, name: string): Promise<void> {
	await dialogOf(person).getByText(m.meet_done({ name })).waitFor();
	await press(person, m.meet_open());
	await dialogOf(person).waitFor({ state: 'detached' });
}
