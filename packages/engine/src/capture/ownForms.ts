/**
 * Ops of TensorFlow's that ops of ours compute in fewer passes over memory: sums of squares
 * (native/optimizer.cc), and channels of an image (native/channels.cc).
 */
import {DT} from './graphDef.js';
import type {ShapedInput, ShapedOutput} from './shapes.js';

/** An op, as the recorder is asked for it. */
export interface AskedOp {
  op: string;
  refs: readonly string[];
  inputs: readonly ShapedInput[];
  outputs: readonly ShapedOutput[];
}

/** Writes a node with one float32 output; returns its reference. */
export type AddNode = (op: string, refs: readonly string[], shape: readonly number[]) => string;

export class OwnForms {
  /** What was squared, by the reference of its squares. */
  private readonly squared = new Map<string, string>();

  constructor(
    private readonly add: AddNode,
    private readonly constant: (values: Float32Array, shape: readonly number[]) => string,
  ) {}

  /** References of the outputs, computed by ops of ours; undefined where TensorFlow computes. */
  of(asked: AskedOp): string[] | undefined {
    const {op, refs, outputs} = asked;
    if (op === 'Sum' && outputs[0]!.shape.length === 0) {
      const squared = this.squared.get(refs[0]!);
      return squared === undefined ? undefined : [this.add('RifeSumOfSquares', [squared], [])];
    }
    if (op === 'Slice' || op === 'SplitV') return this.channels(asked);
    return undefined;
  }

  /** To be called with each node that is TensorFlow's. */
  added(op: string, node: string, refs: readonly string[]): void {
    if (op === 'Square') this.squared.set(node, refs[0]!);
  }

  /** Each part is a node of its own: what a gradient does not need is then not computed. */
  private channels({op, refs, inputs, outputs}: AskedOp): string[] | undefined {
    const [{shape, dtype}, begins] = inputs as [ShapedInput, ShapedInput];
    const isOfChannels = outputs.every(
      part => part.shape.length === 4 && shape.every((side, axis) => axis === 3 || part.shape[axis] === side),
    );
    if (dtype !== DT.float32 || !isOfChannels) return undefined;
    let begin = op === 'Slice' ? begins.values![3]! : 0;
    return outputs.map(part => {
      const count = part.shape[3]!;
      const range = this.constant(Float32Array.of(begin, count), [2]);
      begin += count;
      return this.add('RifeChannels', [refs[0]!, range], part.shape);
    });
  }
}
