import {repeatedFlags, type TrainFlags} from './flags.js';

/**
 * The command that means the same run again, to be pasted. npx finds the command in a clone, in a project and where it
 * is installed globally.
 */
export const trainCommandLine = (flags: TrainFlags, more = '') =>
  `npx rife-train train${repeatedFlags(flags)}${more}`;
