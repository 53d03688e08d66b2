/** What this machine cannot do; the message is the reason. */
export class Impossible extends Error {}
