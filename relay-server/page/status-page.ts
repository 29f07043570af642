// The page for people who open a relay's address in a browser where it serves no app. Complete in itself. [RV13]
import { createHash } from 'node:crypto';
import { renderSVG } from 'uqr';
import { MARK, SCRIPT, STYLE } from './style.ts';
import type { RelayDescription } from '../description.ts';

export interface RelayNames {
	readonly name: string;
	/** Who runs it; null: not said. */
	readonly contact: string | null;
	/** Of the software. */
	readonly version: string;
	/** Takes nothing new. */
	readonly draining: boolean;
	/** Serves only people whom its operator invited: their links hold what this page's doesn't. */
	readonly inviteOnly: boolean;
}

const hashOf = (text: string): string =>
	`'sha256-${createHash('sha256').update(text).digest('base64')}'`;

export const STATUS_PAGE_POLICY = [
	"default-src 'none'",
	`style-src ${hashOf(STYLE)}`,
	`script-src ${hashOf(SCRIPT)}`,
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
].join('; ');

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (one) => ESCAPES[one] ?? one);

function stateOf({ draining, inviteOnly }: RelayNames): string {
	if (draining) return 'This relay is being emptied: it takes nothing new. Please use another one.';
	if (inviteOnly) return 'By invitation only';
	return 'Open to everybody';
}

const share = (link: string): string => `
<h2>Add this relay in Aegis</h2>
<div class="share">
<ol>
<li>In Aegis, press <b>Peers</b> at the top right.</li>
<li>Paste this link into <b>Manual Override</b>, or scan the code.</li>
<li>Press <b>Connect</b>.</li>
</ol>
<div class="qr" role="img" aria-label="QR code of the link">${renderSVG(link, { border: 2 })}</div>
</div>
<h2>Link</h2>
<code id="link">${escape(link)}</code>
<button type="button" hidden>Copy link</button>`;

const INVITED = `
<h2>Add this relay in Aegis</h2>
<p>Ask whoever runs it for an invitation link, and paste that into <b>Manual Override</b> in the <b>Peers</b> panel.</p>`;

export function statusPage(relay: RelayDescription, names: RelayNames): string {
	const { name, contact, version, inviteOnly } = names;
	const rows: readonly (readonly [string, string])[] = [
		...relay.urls.map((url, n) => [n === 0 ? 'Address' : 'also', url] as const),
		['Key', relay.key],
		...(contact === null ? [] : [['Run by', contact] as const]),
		['Version', version],
	];
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(name)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<header>${MARK}<div><h1>${escape(name)}</h1><p>${stateOf(names)}</p></div></header>
${inviteOnly ? INVITED : share(relay.link)}
<h2>About this relay</h2>
<dl>
${rows.map(([term, text]) => `<dt>${term}</dt><dd>${escape(text)}</dd>`).join('\n')}
</dl>
<footer>
<p>Aegis is a private messenger that is a web page. A relay keeps sealed messages for devices that are away, and
deletes each when the last of them has it. It can't read, change or forge them; like every server, it sees from which
addresses devices connect, and when.</p>
</footer>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}
