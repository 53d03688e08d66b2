/** RIFE's networks: IFNet, IFNet_m and RIFE 4.x with losses and initialisation. */
export {createModel, NETWORKS} from './networks.js';
export {openLpips, readAlexNet, type Lpips, type LpipsParts} from './lpips/openLpips.js';
export type {DistillTermOptions} from './options.js';
