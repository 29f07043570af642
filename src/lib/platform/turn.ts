// The end of the present turn: everything that promises had left to do is done by then. A message to oneself, since timers
// are held back to some milliseconds.
export function createTurns(): () => Promise<void> {
	const { port1, port2 } = new MessageChannel();
	const waiting: (() => void)[] = [];
	port1.onmessage = () => waiting.shift()?.();
	return () =>
		new Promise((resolve) => {
			waiting.push(resolve);
			port2.postMessage(null);
		});
}
