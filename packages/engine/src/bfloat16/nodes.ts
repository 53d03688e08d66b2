/** Ops in bfloat16, as nodes of a graph. */
import {type Attrs, DT, type GraphDef} from '../capture/graphDef.js';
import type {TensorLives} from '../capture/tensorLives.js';
import {typeOf} from './execute.js';
import type {Bfloat16Way} from './kernels.js';

/** An output of the graph that is float32. */
export interface FloatOutput {
  ref: string;
  shape: readonly number[];
}

/** Adds casts around ops. What is used more than once, such as weights, is cast once. */
export class Bfloat16Nodes {
  private readonly operands = new Map<string, string>();

  constructor(
    private readonly way: Bfloat16Way,
    private readonly graph: GraphDef,
    private readonly lives: TensorLives,
  ) {}

  /** The rounded value of an output, in the type in which ops compute. */
  operand({ref, shape}: FloatOutput): string {
    const known = this.operands.get(ref);
    if (known !== undefined) return known;
    const rounded = this.cast(ref, shape, DT.float32, DT.bfloat16);
    const operand = this.way === 'kernels' ? rounded : this.cast(rounded, shape, DT.bfloat16, DT.float32);
    this.operands.set(ref, operand);
    return operand;
  }

  /**
   * Adds an op.
   * @param refs its inputs; floats are operands
   * @param shape of its output
   * @returns the output, rounded, as float32
   */
  node(op: string, refs: readonly string[], attrs: Attrs, shape: readonly number[]): string {
    const type = typeOf(this.way);
    const result = this.graph.node(op, refs, {...attrs, T: {type}});
    this.lives.ran(op, refs, [[result, shape, type]]);
    const rounded = this.way === 'kernels' ? result : this.cast(result, shape, DT.float32, DT.bfloat16);
    return this.cast(rounded, shape, DT.bfloat16, DT.float32);
  }

  private cast(ref: string, shape: readonly number[], from: number, to: number): string {
    const node = this.graph.node('Cast', [ref], {SrcT: {type: from}, DstT: {type: to}});
    this.lives.ran('Cast', [ref], [[node, shape, to]]);
    return node;
  }
}
