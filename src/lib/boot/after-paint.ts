// Work that must not hold up what a person sees next.

/** Calls once the page has been drawn with all that was set before; later in a tab that nobody looks at. */
export function afterPaint(work: () => void): void {
	requestAnimationFrame(() => {
		// The frame's callbacks come before its paint; a task of its own comes after it.
		setTimeout(work, 0);
	});
}
