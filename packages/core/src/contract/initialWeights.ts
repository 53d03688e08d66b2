/**
 * The contract between the trainer and what reads the weights that `init` names; core knows no file
 * format.
 */
import type {Model} from './model.js';

/** Weights that a run starts from. */
export interface InitialWeights {
  /** In file layout, by the name of the parameter (or buffer); what is not here stays fresh. */
  values: ReadonlyMap<string, Float32Array>;
  /** For the run's log: what was loaded, what stays fresh and why, what was not used. */
  report: string;
  /**
   * What the file seems to hold, as a sentence without its end; used when the file cannot start a
   * run.
   */
  seems?: string;
  /** The file that the values are from. */
  file: string;
  /** SHA-256 of that file, in hexadecimal. */
  sha256: string;
}

/** A tensor of a weights file. */
export interface FileTensor {
  /** As files hold it, PyTorch's: convolutions [out, in, height, width]. */
  shape: readonly number[];
  /** Row-major. */
  values: Float32Array;
}

/** Tensors of a weights file by name, without `module.`; those that hold floating-point numbers. */
export type FileTensors = ReadonlyMap<string, FileTensor>;

/** What the tensors of the hook `weights` are from, and for. */
export interface WeightsInfo {
  /** The file that was read. */
  readonly file: string;
  /** The network that they will be matched with, by name and shape. */
  readonly model: Pick<Model, 'name' | 'options' | 'anyTimestep' | 'parameters' | 'buffers'>;
}

/** Changes the tensors of a file before they are matched with a network. */
export type AdaptWeights = (tensors: FileTensors, file: string) => FileTensors;

/**
 * Reads the weights at a path for a model.
 *
 * @param path `init` of the configuration: a file, or the folder of a checkpoint or of a run
 * @param adapt is given what the file holds before it is matched with the model; what it returns is
 * matched
 * @param key `initKey` of the configuration: which of several networks in the file
 */
export type ReadInitial = (
  path: string,
  model: Model,
  adapt?: AdaptWeights,
  key?: string,
) => Promise<InitialWeights>;

/** The file that a run took its first weights from; each of its checkpoints holds this. */
export interface WeightsOrigin {
  /** `init` of the configuration. */
  path: string;
  /** The file that was read, and its SHA-256. */
  file: string;
  sha256: string;
  /**
   * Number of tensors that were taken from the file; the others of the network were freshly
   * initialized.
   */
  tensors: number;
}
