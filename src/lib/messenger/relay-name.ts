// What people know a relay by.
import { relayHostAndPort, type RelayAddress } from '#lib/protocol/relay-address.ts';

export const relayName = (address: RelayAddress | undefined): string => {
	const [url] = address?.urls ?? [];
	return url === undefined ? '?' : relayHostAndPort(url);
};
