// Trystero (MIT), in a page: two peers in one room, over a strategy whose signals go through the program that drives the
// pages, so that nothing but the two is in the way.
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

const now = () => performance.timeOrigin + performance.now();
const arrived = new Map();
let action;

globalThis.room = {
	hear: (topic, message) => void heard.get(topic)?.(topic, message),
	join: () =>
		new Promise((resolve) => {
			const room = joinRoom({ appId: 'bench', rtcConfig: { iceServers: [] } }, 'two');
			action = room.makeAction('text');
			action.onMessage = (text) => {
				const at = now();
				arrived.get(text)?.(at);
				arrived.set(text, at);
			};
			room.onPeerJoin = () => {
				resolve(now());
			};
		}),
	say(text) {
		const at = now();
		void action.send(text);
		return Promise.resolve(at);
	},
	heardAt: (text) =>
		new Promise((resolve) => {
			const at = arrived.get(text);
			if (typeof at === 'number') resolve(at);
			else arrived.set(text, resolve);
		}),
};
