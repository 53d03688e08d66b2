/**
 * The contract between the trainer and an engine: a program is a set of named entries over shared
 * variables. `CapturedProgram` and `EagerProgram` (packages/engine) implement it.
 */
import type * as tf from '@tensorflow/tfjs-core';

/** Tensors by name; parameters, gradients and loss terms travel this way. */
export type NamedTensors = Record<string, tf.Tensor>;

/**
 * A variable that lives in the program between runs: a weight, a moment, a gradient. Always
 * float32.
 */
export interface VariableSpec {
  name: string;
  shape: readonly number[];
}

/** An input that the host gives at each run. */
export interface FeedSpec {
  shape: readonly number[];
  /** `uint8` arrives in `build` as a float32 tensor of 0..255; the others as they are. */
  dtype: 'uint8' | 'float32' | 'int32';
}

export type FeedValue = Uint8Array | Float32Array | Int32Array;

/** What comes back from a run, on the host. */
export interface HostTensor {
  shape: number[];
  values: Float32Array | Int32Array | Uint8Array;
}

/** What AdamW reads of a parameter, all of its shape. */
export interface AdamWTensors {
  parameter: tf.Tensor;
  gradient: tf.Tensor;
  firstMoment: tf.Tensor;
  secondMoment: tf.Tensor;
}

/**
 * What an entry's `build` may use. It is called while tracing (captured) or at every run (eager).
 */
export interface GraphBuilder {
  /** The tensor of a declared feed. */
  feed(name: string): tf.Tensor;
  /**
   * A float32 scalar that the host gives at each run under `scalar:<name>`; declared by being asked
   * for.
   */
  scalar(name: string): tf.Scalar;
  /** The variable's value at the start of this run. */
  read(variable: string): tf.Tensor;
  /** Sets the variable at the end of this run; reads of the same run still see the old value. */
  assign(variable: string, value: tf.Tensor): void;
  /**
   * Lets this run set its variables only where the scalar is true, all or none; fetches come back
   * in both cases. At most once in an entry.
   * @param condition bool
   */
  assignOnlyIf(condition: tf.Scalar): void;
  /**
   * One update of a parameter by AdamW in a single op, with the bits of `optim/adamW.ts`; absent
   * where the engine has no such op.
   * @param rates [6] decay, step size, epsilon, 1 - beta1, 1 - beta2, beta2
   */
  adamW?(tensors: AdamWTensors, rates: tf.Tensor1D): Omit<AdamWTensors, 'gradient'>;
  /** Nodes of the graph so far; absent where there is no graph. For reports. */
  nodeCount?(): number;
}

/** One entry point: its feeds, and the ordinary tfjs code that maps them to fetches. */
export interface EntrySpec {
  feeds: Record<string, FeedSpec>;
  /** Returns the fetches. Must be synchronous and must not read tensor values. */
  build(graph: GraphBuilder): NamedTensors;
}

/**
 * Variables on their way through open files that several processes share, without JavaScript in
 * between. A file holds float32, variables one after another, each from a multiple of {@link
 * FILE_LINE} floats on. All of it must have been written once before it comes here. Methods throw
 * RIFE_ERR_ENGINE_SHARED_FILE when a file is too short, or can't be had in memory.
 */
export interface SharedFiles {
  /** Copies variables into a file. */
  write(variables: readonly string[], file: number): void;
  /** Sets variables to what a file holds. */
  read(variables: readonly string[], file: number): void;
  /**
   * Means of the floats [from, to) of all `files`, into another one. Sums are float64, in the order
   * of the files.
   * @returns the sum of their squares, taken by pieces of {@link FILE_PIECE} floats
   */
  mean(files: readonly number[], into: number, from: number, to: number): number;
  /** Lets go of the memory; to be called before files are closed. */
  forget(files: readonly number[]): void;
}

/** Floats of 64 bytes: TensorFlow takes memory that begins at a multiple of them as it is. */
export const FILE_LINE = 16;
/** Floats that are added up at a time: with their sums they fit in a core's own cache. */
export const FILE_PIECE = 32_768;

/** A compiled set of entries over shared variables. */
export interface Program {
  /**
   * Absent where the engine has no kernels for it: variables go through {@link readVariables} then.
   */
  readonly files?: SharedFiles | undefined;
  /** Adds an entry, or replaces the one of that name (a new shape). Compiled at the first run. */
  define(name: string, entry: EntrySpec): void;
  /** Compiles everything defined so far now instead of at the first run. Returns what it cost. */
  compile(): CompileReport;
  /** Names of the scalars that an entry declared; known once compiled. */
  scalars(entry: string): readonly string[];
  /**
   * Runs an entry. `feeds` holds each declared feed; `scalars` each declared scalar.
   * @throws RIFE_ERR_ENGINE_FEED when one is missing or of the wrong size.
   */
  run(
    entry: string,
    feeds: Record<string, FeedValue>,
    scalars?: Record<string, number>,
  ): Promise<Record<string, HostTensor>>;
  /** Copies variables to the host; all of them without `names`. */
  readVariables(names?: readonly string[]): Promise<Map<string, Float32Array>>;
  /** Sets variables from the host; those not named keep their values. */
  writeVariables(values: ReadonlyMap<string, Float32Array>): Promise<void>;
  dispose(): void;
}

/** Cost of a compilation. */
export interface CompileReport {
  nodes: number;
  /**
   * Nodes of each entry, by name; absent where there is no graph. Those of the variables are in
   * none.
   */
  entryNodes?: Record<string, number>;
  /**
   * Bytes of each entry's tensors that are alive at once, at most, when its nodes run in the order
   * in which they were recorded; absent where there is no graph. Without variables, and without
   * what kernels use for themselves.
   */
  entryBytes?: Record<string, number>;
  traceMs: number;
  loadMs: number;
}

/** The op that a number that is not finite comes from. */
export interface OpFinding {
  /** TensorFlow's name: `Square`. */
  op: string;
  /** What was being computed: `loss distill`, `gradient of block1`. */
  scope: string;
  inputs: (readonly number[])[];
  /** Largest |value| that went in, and is finite. */
  largestInput: number;
  /**
   * Was something that went in not finite already, and came from outside: a constant, a feed, a
   * variable?
   */
  fromOutside: boolean;
  /**
   * What it was that came from outside: `variable "block0.conv0.0.0.weight"`, `feed "timestep"`,
   * `scalar "recover.lr"`, `a constant`.
   */
  source?: string;
}

/** A program run op by op, that looks at what each op puts out. Slow; for a step that failed. */
export interface Probe extends Program {
  /**
   * Ops of the last run that turned finite numbers into others, in the order in which they ran,
   * whatever became of it; the first few.
   */
  readonly findings: readonly OpFinding[];
  /**
   * Those of all runs so far that the content of fetches and variables really comes from, where it
   * is not finite: what was masked on the way is in none. In the order in which they ran; the first
   * few.
   * @param names fetches of the last run, and variables
   */
  originsOf(names: readonly string[]): OpFinding[];
  /**
   * To be called at the end of a forward pass that is differentiated: ops after it then carry the
   * scope of what they are the gradient of.
   */
  endForward(): void;
  /** To be called when the gradients are there. */
  endBackward(): void;
}

/** Makes programs on one device. */
export interface Engine {
  /** For logs: `tensorflow 2.21.0 (captured), cpu`. */
  readonly description: string;
  /** What the user should know: that an option gains nothing here. @default none */
  readonly notes?: readonly string[];
  createProgram(variables: readonly VariableSpec[]): Program;
  /**
   * @param where what is being computed at the moment
   */
  createProbe?(variables: readonly VariableSpec[], where: () => string): Probe;
}
