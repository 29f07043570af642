// A data channel as a libp2p connection: bytes in order, in messages small enough for every browser. [DL11]
import { AbstractMultiaddrConnection, type SendResult } from '@libp2p/utils';
import type { AbortOptions, Logger, MessageStreamDirection } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { Uint8ArrayList } from 'uint8arraylist';

/** Browsers agree on messages of this size; larger ones are refused. */
const MAX_MESSAGE = 16_384;
/** Above this many bytes in the channel, writers wait until it has gone below the other. */
const HIGH_WATER = 1_048_576;
const LOW_WATER = 262_144;

export interface ChannelConnectionInit {
	/** Open, with `binaryType` arraybuffer. */
	readonly channel: RTCDataChannel;
	readonly remoteAddr: Multiaddr;
	readonly direction: MessageStreamDirection;
	readonly log: Logger;
}

export class ChannelConnection extends AbstractMultiaddrConnection {
	readonly #channel: RTCDataChannel;

	constructor({ channel, ...init }: ChannelConnectionInit) {
		super({ ...init, maxMessageSize: MAX_MESSAGE });
		this.#channel = channel;
		channel.bufferedAmountLowThreshold = LOW_WATER;
		channel.addEventListener('bufferedamountlow', () => {
			this.safeDispatchEvent('drain');
		});
		channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
			if (data instanceof ArrayBuffer && data.byteLength <= MAX_MESSAGE) {
				this.onData(new Uint8Array(data));
			} else {
				this.abort(new Error('not a message of this protocol'));
			}
		});
		channel.addEventListener('close', () => {
			this.onTransportClosed();
		});
	}

	/** Bytes accepted and not yet handed to the network. */
	get bufferedBytes(): number {
		return this.writeBufferLength + this.#channel.bufferedAmount;
	}

	override sendData(data: Uint8ArrayList): SendResult {
		// Between the start and the event of its closing a channel throws on send; nothing would arrive anyway.
		if (this.#channel.readyState === 'open') {
			this.#channel.send(data.subarray() as Uint8Array<ArrayBuffer>);
		}
		return {
			sentBytes: data.byteLength,
			canSendMore: this.#channel.bufferedAmount < HIGH_WATER,
		};
	}

	override sendReset(): void {
		this.#channel.close();
	}

	/** A closing channel first sends what it holds; its close event tells that the other side has it. */
	override async sendClose(options?: AbortOptions): Promise<void> {
		if (this.#channel.readyState === 'closed') return;
		await new Promise<void>((resolve) => {
			const finish = (): void => {
				resolve();
			};
			this.#channel.addEventListener('close', finish, { once: true });
			options?.signal?.addEventListener('abort', finish, { once: true });
			this.#channel.close();
		});
	}

	// Reading is held back by the window of the streams above, not here.
	override sendPause(): void {}
	override sendResume(): void {}
}
