// Everything that leaves a page: requests, WebSockets, and the STUN servers its direct links ask.
// Nothing may go anywhere but to the page's own origin and the relays that its person added.
import type { BrowserContext, Page } from 'playwright-core';

declare global {
	interface Window {
		/** Called with the address of each STUN or TURN server that a page names. */
		noteIceServer(url: string): Promise<void>;
	}
}

export interface Requests {
	/** Hosts of the WebSockets that were opened. */
	sockets(): readonly string[];
	/** Those whose host (with port) is none of these. */
	elsewhere(hosts: readonly string[]): readonly string[];
}

/** Runs in the page, before its own scripts. */
function noteIceServers(): void {
	if (typeof RTCPeerConnection === 'undefined') return;
	globalThis.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(configuration?: RTCConfiguration) {
			super(configuration);
			for (const { urls } of configuration?.iceServers ?? []) {
				for (const url of [urls].flat()) void window.noteIceServer(url);
			}
		}
	};
}

/** `stun:host:port` has no host to a URL parser. */
const hostOf = (address: string): string =>
	/^(?:stuns?|turns?):([^?]+)/.exec(address)?.[1] ?? new URL(address).host;

const LEAVES = /^(https?|wss?|stuns?|turns?):/;

/** To be called before the context's first page. */
export async function watchRequests(context: BrowserContext): Promise<Requests> {
	const asked: string[] = [];
	const note = (address: string): void => {
		if (LEAVES.test(address)) asked.push(address);
	};
	await context.exposeFunction('noteIceServer', note);
	await context.addInitScript(noteIceServers);
	context.on('request', (request) => {
		note(request.url());
	});
	const watch = (page: Page): void => {
		page.on('websocket', (socket) => {
			note(socket.url());
		});
	};
	context.pages().forEach(watch);
	context.on('page', watch);
	return {
		sockets: () => asked.filter((address) => address.startsWith('ws')).map(hostOf),
		elsewhere: (hosts) => asked.filter((address) => !hosts.includes(hostOf(address))),
	};
}
