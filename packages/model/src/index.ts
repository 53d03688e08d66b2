/** RIFE's network: IFNet and IFNet_m with losses and initialisation. */
export {createModel} from './createModel.js';
