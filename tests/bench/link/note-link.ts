// What runs inside a page that is opened again and again, before its own scripts: when it turned to its relay, and when
// its first link stood.

/** Both ms since 1970. */
export interface Linking {
	dialled: number | undefined;
	linked: number | undefined;
}

declare global {
	interface Window {
		linking: Linking;
	}
}

export function noteLink(): void {
	const now = (): number => performance.timeOrigin + performance.now();
	const linking: Linking = { dialled: undefined, linked: undefined };
	window.linking = linking;
	globalThis.WebSocket = class extends WebSocket {
		constructor(url: string | URL, protocols?: string | string[]) {
			super(url, protocols);
			linking.dialled ??= now();
		}
	};
	globalThis.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(configuration?: RTCConfiguration) {
			super(configuration);
			this.addEventListener('connectionstatechange', () => {
				if (this.connectionState === 'connected') linking.linked ??= now();
			});
		}
	};
}
