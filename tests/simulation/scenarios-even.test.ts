// People who meet, talk, vanish and come back while networks and relays fail: the even seeds.
import { tellSeeds } from './seeds.ts';

tellSeeds(0);
