// Peer connections in memory: two of them meet when each was given the other's name, password and certificate. Only what
// a single negotiated channel needs. What a real one would do by itself (lose packets, fail) a test does by hand.
import { randomBytes } from 'node:crypto';

export interface FakeRtc {
	/** In place of the browser's class. */
	readonly constructor: typeof RTCPeerConnection;
	/** Every connection made so far. */
	readonly made: FakePeerConnection[];
	/** Set before a connection gathers: addresses come one by one from the test, and it never completes by itself. */
	slowGathering: boolean;
	/** Set to keep connections apart although their descriptions fit. */
	partitioned: boolean;
	/** Lines that each description has for its addresses. */
	candidates: readonly string[];
}

class FakeChannel extends EventTarget {
	readyState = 'connecting';
	binaryType = 'blob';
	bufferedAmount = 0;
	bufferedAmountLowThreshold = 0;
	other: FakeChannel | undefined;
	readonly messageSizes: number[] = [];

	open(): void {
		this.readyState = 'open';
		this.dispatchEvent(new Event('open'));
	}

	send(data: Uint8Array): void {
		if (this.readyState !== 'open') throw new DOMException('not open', 'InvalidStateError');
		this.messageSizes.push(data.length);
		const copy = new Uint8Array(data).buffer;
		const { other } = this;
		setImmediate(() => other?.receive(copy));
	}

	receive(data: unknown): void {
		if (this.readyState === 'open') this.dispatchEvent(new MessageEvent('message', { data }));
	}

	close(): void {
		if (this.readyState === 'closed') return;
		this.readyState = 'closing';
		const { other } = this;
		setImmediate(() => {
			this.finish();
			other?.finish();
		});
	}

	finish(): void {
		if (this.readyState === 'closed') return;
		this.readyState = 'closed';
		this.dispatchEvent(new Event('close'));
	}
}

export class FakePeerConnection extends EventTarget {
	connectionState = 'new';
	iceGatheringState = 'new';
	localDescription: { type: string; sdp: string } | null = null;
	remoteSdp = '';
	readonly channel = new FakeChannel();
	readonly configuration: RTCConfiguration;
	stats: Record<string, unknown>[] = [];
	readonly #rtc: FakeRtc;
	readonly #ufrag = randomBytes(3).toString('base64');
	readonly #password = randomBytes(18).toString('base64');
	readonly #fingerprint = randomBytes(32);

	constructor(rtc: FakeRtc, configuration: RTCConfiguration) {
		super();
		this.#rtc = rtc;
		this.configuration = configuration;
		rtc.made.push(this);
	}

	getConfiguration(): RTCConfiguration {
		return this.configuration;
	}

	createDataChannel(): FakeChannel {
		return this.channel;
	}

	async createOffer(): Promise<{ type: string; sdp: string }> {
		return { type: 'offer', sdp: this.#describe('actpass') };
	}

	async createAnswer(): Promise<{ type: string; sdp: string }> {
		return { type: 'answer', sdp: this.#describe('active') };
	}

	async setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
		this.localDescription = description;
		if (!this.#rtc.slowGathering) {
			setImmediate(() => {
				this.completeGathering();
			});
		}
		this.#meet();
	}

	async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
		this.remoteSdp = sdp;
		this.#meet();
	}

	findCandidate(type = 'host'): void {
		this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: { type } }));
	}

	completeGathering(): void {
		this.iceGatheringState = 'complete';
		this.dispatchEvent(new Event('icegatheringstatechange'));
	}

	become(state: string): void {
		this.connectionState = state;
		this.dispatchEvent(new Event('connectionstatechange'));
	}

	async getStats(): Promise<Map<string, unknown>> {
		return new Map(this.stats.map((entry) => [String(entry['id']), entry]));
	}

	close(): void {
		this.connectionState = 'closed';
		this.channel.close();
	}

	#describe(setup: string): string {
		const fingerprint = this.#fingerprint.toString('hex').toUpperCase().match(/../g)?.join(':');
		return [
			'v=0',
			'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
			...this.#rtc.candidates.map((line) => `a=candidate:${line}`),
			`a=ice-ufrag:${this.#ufrag}`,
			`a=ice-pwd:${this.#password}`,
			`a=fingerprint:sha-256 ${fingerprint ?? ''}`,
			`a=setup:${setup}`,
			'a=mid:0',
			'',
		].join('\r\n');
	}

	knows(other: FakePeerConnection): boolean {
		return [...other.#secrets()].every((secret) => this.remoteSdp.includes(secret));
	}

	#secrets(): readonly string[] {
		const fingerprint = this.#fingerprint.toString('hex').toUpperCase().match(/../g)?.join(':');
		return [this.#ufrag, this.#password, fingerprint ?? ''];
	}

	#meet(): void {
		if (this.#rtc.partitioned) return;
		const other = this.#rtc.made.find(
			(candidate) => candidate !== this && this.knows(candidate) && candidate.knows(this),
		);
		if (other === undefined || other.channel.other !== undefined) return;
		this.channel.other = other.channel;
		other.channel.other = this.channel;
		setImmediate(() => {
			for (const end of [this, other]) {
				end.become('connected');
				end.channel.open();
			}
		});
	}
}

export function createFakeRtc(): FakeRtc {
	const rtc: FakeRtc = {
		constructor: function fake(configuration: RTCConfiguration) {
			return new FakePeerConnection(rtc, configuration);
		} as unknown as typeof RTCPeerConnection,
		made: [],
		slowGathering: false,
		partitioned: false,
		candidates: ['1 1 udp 2122260223 192.0.2.7 50000 typ host generation 0'],
	};
	return rtc;
}
