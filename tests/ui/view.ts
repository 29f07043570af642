// What a view of the interface is, and steps that many of them take.
import type { Page } from 'playwright-core';

export interface View {
	readonly name: string;
	readonly scene?: object;
	readonly hash?: string;
	readonly ios?: boolean;
	readonly go?: (page: Page, phone: boolean) => Promise<void>;
}

export const INVITATION = '#/join/hQEaZ0x5K2m7Yt8hQEaZ0x5K2m7Yt8';
export const INVITATION_TO_EVERYTHING = '#/join/everythingK2m7Yt8hQEaZ0x5K2m7Yt8';

export const press = (page: Page, name: string | RegExp): Promise<void> =>
	page
		.getByRole('button', { name, exact: typeof name === 'string' })
		.filter({ visible: true })
		.first()
		.click();

export const openChat = async (page: Page, name = 'Harbour Collective'): Promise<void> => {
	await press(page, new RegExp(name));
	await page.getByRole('heading', { level: 1, name }).waitFor();
};
