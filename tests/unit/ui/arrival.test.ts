import { describe, expect, it } from 'vitest';
import { arrivalLink, createArrival } from '#lib/state/arrival.svelte.ts';

describe('the link that opens the page', () => {
	it('[IN1] is an invitation or a relay, and is kept whole', () => {
		expect(arrivalLink('https://a.example/#/join/abc')?.kind).toBe('join');
		expect(arrivalLink('https://a.example/#/meet/abc')?.kind).toBe('meet');
		expect(arrivalLink('https://a.example/#/relay/abc')).toMatchObject({
			kind: 'relay',
			link: 'https://a.example/#/relay/abc',
		});
	});

	it.each([
		'https://a.example/',
		'https://a.example/#/join/',
		'https://a.example/#/other/x',
		'https://a.example/join/x',
	])('is nothing in %s', (address) => {
		expect(arrivalLink(address)).toBeNull();
	});

	it('is kept until it is dealt with', () => {
		const arrival = createArrival();
		expect(arrival.take('https://a.example/#/join/abc')).toBe(true);
		expect(arrival.take('https://a.example/')).toBe(false);
		expect(arrival.link?.kind).toBe('join');
		arrival.clear();
		expect(arrival.link).toBeNull();
	});
});
