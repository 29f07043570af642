/** network: it came, went, or is another one. awake: the page was asleep, frozen or out of sight. offer: a relay is offered. */
export type PageChange = 'network' | 'awake' | 'offer';
