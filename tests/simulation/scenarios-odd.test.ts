// People who meet, talk, vanish and come back while networks and relays fail: the odd seeds.
import { tellSeeds } from './seeds.ts';

tellSeeds(1);
