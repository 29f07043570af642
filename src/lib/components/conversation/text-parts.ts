// A message's text cut into words and links. Only http and https become links; the address is shown as typed.

export interface TextPart {
	readonly text: string;
	/** Where it leads; null: plain words. */
	readonly href: string | null;
}

const LINK = /\bhttps?:\/\/[^\s<>"'`]+/giu;
/** Marks that end a sentence rather than an address. */
const TRAILING = /[.,;:!?…*_~]+$/u;
const PAIRS = [
	['(', ')'],
	['[', ']'],
] as const;

const count = (text: string, mark: string): number => text.split(mark).length - 1;

/** Without closing marks that belong to the sentence around the address. */
function trimLink(link: string): string {
	let trimmed = link.replace(TRAILING, '');
	for (const [opening, closing] of PAIRS) {
		while (trimmed.endsWith(closing) && count(trimmed, closing) > count(trimmed, opening)) {
			trimmed = trimmed.slice(0, -1).replace(TRAILING, '');
		}
	}
	return trimmed;
}

export function textParts(text: string): TextPart[] {
	const parts: TextPart[] = [];
	let at = 0;
	for (const match of text.matchAll(LINK)) {
		const link = trimLink(match[0]);
		if (!URL.canParse(link)) continue;
		if (match.index > at) parts.push({ text: text.slice(at, match.index), href: null });
		parts.push({ text: link, href: link });
		at = match.index + link.length;
	}
	if (at < text.length) parts.push({ text: text.slice(at), href: null });
	return parts;
}
