// How the status page looks: the app's colours, nothing from elsewhere.
export const STYLE = `
:root {
	color-scheme: light dark;
	--ground: light-dark(#eef3f1, #0d1614);
	--surface: light-dark(#ffffff, #121d1a);
	--sunken: light-dark(#e9f0ed, #22322d);
	--line: light-dark(#d8e2dd, #263632);
	--text: light-dark(#11201b, #e6efec);
	--soft: light-dark(#455a52, #a9bab4);
	--accent: light-dark(#11775b, #46cda5);
	--on-accent: light-dark(#ffffff, #052119);
}
* { box-sizing: border-box; }
body {
	margin: 0;
	min-height: 100svh;
	display: grid;
	place-items: center;
	padding: 1.5rem 1rem;
	background: var(--ground);
	color: var(--text);
	font: 1rem/1.55 system-ui, sans-serif;
}
main {
	width: 100%;
	max-width: 44rem;
	padding: clamp(1.25rem, 5vw, 2.5rem);
	background: var(--surface);
	border: 1px solid var(--line);
	border-radius: 1.25rem;
}
header { display: flex; align-items: center; gap: 1rem; }
header svg { width: 3rem; height: 3rem; flex: none; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
h2 { margin: 2rem 0 0.5rem; font-size: 1.05rem; }
.share { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: center; }
.share > ol { flex: 1 1 15rem; min-width: 0; }
.qr { flex: none; margin: 0 auto; padding: 0.5rem; background: #fff; border-radius: 0.75rem; line-height: 0; }
.qr svg { width: 11rem; height: 11rem; }
code {
	display: block;
	padding: 0.75rem;
	background: var(--sunken);
	border-radius: 0.75rem;
	font: 0.85rem/1.5 ui-monospace, monospace;
	overflow-wrap: anywhere;
	user-select: all;
}
button {
	margin-top: 0.75rem;
	padding: 0.6rem 1.2rem;
	border: 0;
	border-radius: 999px;
	background: var(--accent);
	color: var(--on-accent);
	font: 600 1rem/1.4 system-ui, sans-serif;
	cursor: pointer;
}
button:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
ol { margin: 0; padding-left: 1.25rem; }
li { padding-left: 0.25rem; margin: 0.35rem 0; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.35rem 1.25rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
footer { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.9rem; }
footer p { margin: 0.25rem 0; overflow-wrap: anywhere; }
`;

/** Without it everything is there; with it the link is copied by one press. */
export const SCRIPT = `
const button = document.querySelector('button');
if (navigator.clipboard) {
	button.hidden = false;
	button.addEventListener('click', async () => {
		await navigator.clipboard.writeText(document.querySelector('#link').textContent);
		button.textContent = 'Copied';
	});
}
`;

/** The app's mark. */
export const MARK = `<svg viewBox="60 60 392 392" aria-hidden="true">
<path fill="#1c9474" d="M256 62c46 32 98 48 150 52 11 1 18 9 18 20v114c0 97-62 165-158 202-6 2.5-14 2.5-20 0C150 413 88 345 88 248V134c0-11 7-19 18-20 52-4 104-20 150-52z"/>
<path stroke="#f3fbf8" stroke-width="28" stroke-linejoin="round" fill="none" d="M256 176 338 314H174Z"/>
<g fill="#f3fbf8"><circle cx="256" cy="176" r="46"/><circle cx="338" cy="314" r="46"/><circle cx="174" cy="314" r="46"/></g>
</svg>`;
