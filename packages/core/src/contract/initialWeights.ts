/** The contract between the trainer and what reads the weights that `init` names; core knows no file format. */
import type {Model} from './model.js';

/** Weights that a run starts from. */
export interface InitialWeights {
  /** In file layout, by the name of the parameter (or buffer); what is not here stays fresh. */
  values: ReadonlyMap<string, Float32Array>;
  /** For the run's log: what was loaded, what stays fresh and why, what was not used. */
  report: string;
  /** The file that the values are from. */
  file: string;
  /** SHA-256 of that file, in hexadecimal. */
  sha256: string;
}

/**
 * Reads the weights at a path for a model.
 *
 * @param path `init` of the configuration: a file, or the folder of a checkpoint or of a run
 */
export type ReadInitial = (path: string, model: Model) => Promise<InitialWeights>;
