// All chapters, in the order in which they tell the story.
import type { Chapter } from '../chapter.ts';
import { dies } from './dies.ts';
import { direct } from './direct.ts';
import { discovery } from './discovery.ts';
import { keys } from './keys.ts';
import { moderation } from './moderation.ts';
import { offline } from './offline.ts';
import { relay } from './relay.ts';
import { strict } from './strict.ts';

export const CHAPTERS: readonly Chapter[] = [
	discovery,
	direct,
	strict,
	relay,
	offline,
	dies,
	moderation,
	keys,
];
