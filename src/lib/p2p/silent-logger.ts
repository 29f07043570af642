// libp2p writes addresses and peer ids to its log; here it writes nothing.
import type { ComponentLogger, Logger } from '@libp2p/interface';

const silent: Logger = Object.assign(() => {}, {
	enabled: false,
	trace: () => {},
	error: () => {},
	newScope: () => silent,
});

export const silentLogger: ComponentLogger = { forComponent: () => silent };
