// One meeting of two people with no server: makes the first code, takes whatever code the other one shows, and brings the
// link that comes of it to its end. Either side may show the first code, and both may: the first link counts. [MT1] … [MT3]
import {
	decodeMeetingCode,
	encodeMeetingCode,
	meetingLink,
	meetingName,
	type MeetingCode,
} from '#lib/protocol/meeting.ts';
import { MAX_CLOCK_AHEAD } from '#lib/protocol/limits.ts';
import type {
	DirectError,
	DirectLink,
	PendingAnswer,
	PendingOffer,
} from '#lib/ports/direct-dialer.ts';
import { equal, toHex, type Bytes } from '#lib/util/bytes.ts';
import { err, ok, type Result } from '#lib/util/result.ts';
import { createSignal } from '#lib/util/signal.ts';
import type { Links, Visiting } from '../delivery/links.ts';
import type { CodeProblem, Meeting, MeetingProblem, MeetingView } from '../meeting-api.ts';
import type { Ports, Self } from '../ports.ts';
import { startAcquainting, type Acquainting, type MeetingPlaces } from './acquainting.ts';

/** How long a code is good for. */
const MEETING_TIME = 10 * 60_000;
/** How long two devices may take to get acquainted once they are linked. */
const ACQUAINTED_WITHIN = 30_000;

export interface MeetingParts {
	readonly ports: Ports;
	readonly self: Self;
	readonly origin: string;
	readonly links: Links;
	readonly places: MeetingPlaces;
	/** The person wants nobody to know their address: codes tell it. */
	readonly isHidden: boolean;
	stun(): readonly string[];
}

export function createMeeting({
	ports,
	self,
	origin,
	links,
	places,
	isHidden,
	stun,
}: MeetingParts): Meeting {
	const { clock, crypto, directDialer } = ports;
	const view = createSignal<MeetingView>({ state: 'starting' });
	const until = clock.now() + MEETING_TIME;
	const sha256 = (...parts: readonly Uint8Array[]): Bytes => crypto.sha256(...parts);
	let offer: { readonly pending: PendingOffer; readonly name: Bytes } | undefined;
	let accepted = false;
	let answer: { readonly to: string; readonly pending: PendingAnswer } | undefined;
	let visiting: Visiting | undefined;
	let acquainting: Acquainting | undefined;
	let ended = false;
	let stopTimer = clock.after(MEETING_TIME, () => {
		fail('expired');
	});

	function end(last: MeetingView): void {
		if (ended) return;
		ended = true;
		stopTimer();
		offer?.pending.cancel();
		answer?.pending.cancel();
		acquainting?.stop();
		visiting?.end();
		view.set(last);
	}
	const fail = (problem: MeetingProblem): void => {
		end({ state: 'failed', problem });
	};
	const failOf = ({ type }: DirectError): void => {
		if (type === 'no-address' || type === 'unsupported') fail(type);
		else fail(type === 'timeout' ? 'unreached' : 'failed');
	};
	const codeOf = (signal: Bytes, answers: Bytes | null): string =>
		encodeMeetingCode(
			{ device: self.device.publicKey, until: Math.floor(until / 1000), answers, signal },
			sha256,
		);
	const patient = () => ({ stun: stun(), patience: Math.max(1, until - clock.now()) });

	async function begin(): Promise<void> {
		const dialer = await directDialer();
		const made = await dialer.offer(patient());
		if (ended) {
			if (made.ok) made.value.cancel();
			return;
		}
		if (!made.ok) {
			// Somebody who answers meanwhile tells of addresses, or hears the same.
			if (answer === undefined) failOf(made.error);
			return;
		}
		offer = { pending: made.value, name: meetingName(made.value.offer, sha256) };
		if (view.get().state !== 'starting') return;
		const code = codeOf(made.value.offer, null);
		view.set({ state: 'offering', code, link: meetingLink(origin, code), until });
	}

	async function answerTo(code: MeetingCode, to: string): Promise<void> {
		const dialer = await directDialer();
		const made = await dialer.answer(code.signal, patient());
		if (ended) {
			if (made.ok) made.value.cancel();
			return;
		}
		if (!made.ok) {
			failOf(made.error);
			return;
		}
		answer?.pending.cancel();
		answer = { to, pending: made.value };
		const name = meetingName(code.signal, sha256);
		view.set({ state: 'answering', code: codeOf(made.value.answer, name), until });
		const link = await made.value.link;
		if (link.ok) linked(code.device, name, link.value, false);
		else if (answer.pending === made.value) failOf(link.error);
	}

	async function accept({ device, signal }: MeetingCode): Promise<void> {
		if (offer === undefined) return;
		const { pending, name } = offer;
		view.set({ state: 'connecting', name: null });
		const link = await pending.accept(signal);
		if (link.ok) linked(device, name, link.value, true);
		else failOf(link.error);
	}

	function linked(device: Bytes, name: Bytes, link: DirectLink, founds: boolean): void {
		if (ended || acquainting !== undefined) {
			link.close('no longer wanted');
			return;
		}
		stopTimer();
		stopTimer = clock.after(ACQUAINTED_WITHIN, () => {
			fail('failed');
		});
		view.set({ state: 'connecting', name: null });
		const met = links.adopt(toHex(device), toHex(name), link, {
			onMessage: (message) => acquainting?.hear(message),
			onEnd: () => {
				fail('unreached');
			},
		});
		visiting = met;
		acquainting = startAcquainting(
			ports,
			self,
			places,
			{ other: device, meeting: name, founds },
			{
				say: met.say,
				onName: (name) => {
					view.set({ state: 'connecting', name });
				},
				onDone: (them) => {
					end({ state: 'done', ...them });
				},
				onFailed: fail,
			},
		);
	}

	function take(text: string): Result<void, CodeProblem> {
		const decoded = decodeMeetingCode(text, sha256);
		if (!decoded.ok)
			return err(decoded.error.type === 'unsupported' ? 'newer' : decoded.error.type);
		const code = decoded.value;
		if (equal(code.device, self.device.publicKey)) return err('own');
		if (code.until * 1000 + MAX_CLOCK_AHEAD < clock.now()) return err('old');
		if (ended) return err('old');
		if (code.answers !== null) {
			if (offer === undefined || !equal(code.answers, offer.name)) return err('other');
			if (accepted) return err('late');
			accepted = true;
			void accept(code);
			return ok();
		}
		const to = toHex(code.signal);
		if (acquainting !== undefined || accepted) return err('late');
		if (answer?.to !== to) void answerTo(code, to).catch(failUnexpected);
		return ok();
	}
	const failUnexpected = (): void => {
		fail('failed');
	};

	if (isHidden) fail('hidden');
	else void begin().catch(failUnexpected);
	return {
		view,
		take,
		cancel() {
			end({ state: 'failed', problem: 'expired' });
		},
	};
}
