// Which of the addresses that relays told of are asked for one's own as it looks from outside. [DL6]
const MAX_STUN = 5;

const isStunUrl = (url: string): boolean =>
	/^stun:(\[[0-9a-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$/i.test(url) && url.length <= 256;

export const usableStun = (urls: readonly string[]): readonly string[] =>
	urls.filter(isStunUrl).slice(0, MAX_STUN);
