// What the operator sees when the relay has started: addresses as text, as a link, and as a QR code. [RV3]
import { renderUnicodeCompact } from 'uqr';
import type { Options } from './options.ts';
import type { RunningRelay } from './relay.ts';

const LOCAL = /^https?:\/\/(localhost|127\.[\d.]+|\[::1\])(:|$)/;

export function bannerOf(relay: RunningRelay, options: Options): string {
	const [origin = ''] = relay.origins;
	const { urls, link } = relay.description;
	const lines: string[] = [];
	if (options.serve !== null) lines.push(...appLines(relay, origin));
	lines.push(`Relay:  ${urls.join('  ')}`);
	lines.push(
		relay.stunPort > 0
			? `STUN:   UDP port ${String(relay.stunPort)}`
			: 'STUN:   none, because the UDP port of the same number is taken',
	);
	if (relay.webRtcPort > 0) lines.push(`WebRTC: UDP port ${String(relay.webRtcPort)}`);
	else if (options.webRtcPort !== null) lines.push('WebRTC: none, because its UDP port is taken');
	if (relay.upnp === true) lines.push('Router: has opened the ports (UPnP)');
	if (relay.upnp === false) {
		lines.push('Router: has not opened the ports: it has no UPnP, or no public address itself');
	}
	if (options.access === 'invited') {
		lines.push('For:    invited people; `aegis-relay invite` makes an invitation with a link', '');
	} else {
		lines.push(`Link:   ${link}`, '', renderUnicodeCompact(link, { border: 2 }), '');
	}
	return lines.join('\n');
}

function appLines(relay: RunningRelay, origin: string): string[] {
	if (origin.startsWith('https:') || LOCAL.test(origin)) return [`App:    ${origin}`];
	const port = new URL(origin).port;
	return [
		`App:    http://localhost${port === '' ? '' : `:${port}`} (on this machine only)`,
		`        Browsers do not run the app from ${origin}, because that address is not encrypted. For other devices,`,
		`        start with --tls-self-signed, or put a proxy with a certificate in front and name it with --public-url.`,
	];
}
