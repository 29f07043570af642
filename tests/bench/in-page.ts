// What runs inside the pages of a bench, where no way to and from the browser adds to what is measured. Each function
// is sent there as text, so that it can use nothing from around it.

export interface Sighting {
	readonly text: string;
	/** When it was in the page, ms since 1970. */
	readonly at: number;
}

/** Notes each text of a message as it comes up. */
export function noteTexts(): void {
	window.seen = [];
	const look = (node: Node): void => {
		const text = node.textContent ?? '';
		if (text === '') return;
		const element = node instanceof Element ? node : node.parentElement;
		if (element?.closest('[role=log]') === null && element.querySelector('[role=log]') === null)
			return;
		window.seen.push({ text, at: performance.timeOrigin + performance.now() });
	};
	new MutationObserver((changes) => {
		for (const { addedNodes, target, type } of changes) {
			if (type === 'characterData') look(target);
			else for (const node of addedNodes) look(node);
		}
	}).observe(document, { childList: true, subtree: true, characterData: true });
}

/** When a message was where on its way, ms since 1970: the latest of each. */
export interface Way {
	/** Given to the browser, to be sent. */
	left: number;
	/** Taken from the browser. */
	came: number;
	/** Durable in the store of whoever it came to. */
	kept: number;
}

/** Notes when pieces as large as a message pass data channels, and when something is durable after one came. */
export function noteWay(): void {
	const now = (): number => performance.timeOrigin + performance.now();
	const way: Way = { left: 0, came: 0, kept: 0 };
	window.way = way;
	const isMessage = (length: number): boolean => length > 1000;
	const { send } = RTCDataChannel.prototype as { send: (data: ArrayBufferView) => void };
	RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: unknown): void {
		if (isMessage((data as ArrayBufferView).byteLength)) way.left = now();
		send.call(this, data as ArrayBufferView);
	};
	const { createDataChannel } = RTCPeerConnection.prototype;
	RTCPeerConnection.prototype.createDataChannel = function (label, options) {
		const channel = createDataChannel.call(this, label, options);
		channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
			if (!isMessage(data.byteLength)) return;
			way.came = now();
			way.kept = 0;
		});
		return channel;
	};
	const { transaction } = IDBDatabase.prototype;
	IDBDatabase.prototype.transaction = function (stores, mode, options) {
		const begun = transaction.call(this, stores, mode, options);
		const isAfter = way.kept === 0;
		begun.addEventListener('complete', () => {
			if (mode === 'readwrite' && isAfter && way.kept === 0) way.kept = now();
		});
		return begun;
	};
}

/** Notes when Enter goes down. */
export function noteEnter(): void {
	document.addEventListener(
		'keydown',
		({ key }) => {
			if (key === 'Enter') window.entered = performance.timeOrigin + performance.now();
		},
		{ capture: true },
	);
}

/** Gives the name and presses on as soon as the first screen asks. */
export function fillAtOnce(name: string): void {
	new MutationObserver((_, observer) => {
		const field = document.querySelector<HTMLInputElement>('form input');
		if (field === null || field.form === null) return;
		observer.disconnect();
		field.value = name;
		field.dispatchEvent(new InputEvent('input', { bubbles: true }));
		const { form } = field;
		queueMicrotask(() => {
			form.requestSubmit();
		});
	}).observe(document, { childList: true, subtree: true });
}

/** Says welcome in each conversation the moment its head counts two members; `composer` is the name of the field. */
export function greetNewcomers(composer: string): void {
	const greeted = new Set<string>();
	const look = (): void => {
		const head = document.querySelector('section > header');
		const name = head?.querySelector('h1')?.textContent ?? '';
		const count = /(\d+) members/.exec(head?.querySelector('p')?.textContent ?? '')?.[1];
		const field = document.querySelector<HTMLTextAreaElement>(`textarea[aria-label="${composer}"]`);
		if (count !== '2' || field === null || greeted.has(name)) return;
		greeted.add(name);
		field.value = `Welcome to ${name}`;
		field.dispatchEvent(new InputEvent('input', { bubbles: true }));
		field.dispatchEvent(
			new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }),
		);
	};
	new MutationObserver(look).observe(document, {
		childList: true,
		subtree: true,
		characterData: true,
	});
}
