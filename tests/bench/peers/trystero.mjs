// Trystero (MIT), in a page: two peers in one room, over a strategy whose signals go through the program that drives the
// pages, so that nothing but the two is in the way. Parts and back-pressure are its own.
import { createTopicStrategy } from '@trystero-p2p/core';

const heard = new Map();
const joinRoom = createTopicStrategy({
	init: () => ({}),
	subscribeTopic(_, topic, onMessage) {
		heard.set(topic, onMessage);
		return () => heard.delete(topic);
	},
	publishTopic(_, topic, message) {
		void globalThis.signalOther(topic, message);
	},
});

let data;
let back;

globalThis.trystero = {
	hear: (topic, message) => void heard.get(topic)?.(topic, message),
	join: () =>
		new Promise((resolve) => {
			const room = joinRoom({ appId: 'bench', rtcConfig: { iceServers: [] } }, 'two');
			data = room.makeAction('data');
			back = room.makeAction('back');
			room.onPeerJoin = resolve;
		}),
	/** Answers once so many bytes, or so many messages, have come. */
	take(bytes, messages) {
		let got = 0;
		let count = 0;
		data.onMessage = (each) => {
			got += each.byteLength ?? each.length;
			count += 1;
			if (got >= bytes && count >= messages) void back.send('done');
		};
	},
	/** Milliseconds until the other says that all of it came. */
	async sendBytes(size) {
		const bytes = new Uint8Array(size).fill(7);
		const start = performance.now();
		const done = new Promise((resolve) => (back.onMessage = resolve));
		await data.send(bytes);
		await done;
		return performance.now() - start;
	},
	async sendTexts(texts) {
		const start = performance.now();
		const done = new Promise((resolve) => (back.onMessage = resolve));
		await Promise.all(texts.map((text) => data.send(text)));
		await done;
		return performance.now() - start;
	},
};
