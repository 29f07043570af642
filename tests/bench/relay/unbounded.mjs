// A relay that counts all it has to count and never says that it is enough, beyond what its flags can say: one machine
// plays sixty people at once.
import { DEFAULT_LIMITS } from '../../../src/lib/mailbox/limits.ts';

const raise = (limits) => {
	for (const limit of Object.values(limits)) {
		if (typeof limit !== 'object') continue;
		if ('perSecond' in limit) Object.assign(limit, { burst: 1e12, perSecond: 1e9 });
		else raise(limit);
	}
};
raise(DEFAULT_LIMITS.quotas);
raise(DEFAULT_LIMITS.connection);

// The bench of memory looks at what is in use. Without --expose-gc there is nothing to call.
process.on('SIGUSR2', () => globalThis.gc?.());
