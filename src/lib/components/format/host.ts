// The part of an address that people recognise.

/** Host and port of a URL; anything else stays as it is. */
export function hostOf(address: string): string {
	try {
		return new URL(address).host || address;
	} catch {
		return address;
	}
}
