/**
 * How TensorFlow treats the graph of a session before it runs: a ConfigProto as bytes. Field
 * numbers are those of TensorFlow's config.proto and rewriter_config.proto.
 */
import {BinaryWriter, WireType} from '@bufbuild/protobuf/wire';
import type {GpuConfig} from '@rife-train/core';

/** Of images on a GPU. */
export type Layout = GpuConfig['layout'];

const GRAPH_OPTIONS = 10;
const PLACE_PRUNED_GRAPH = 6;
const REWRITE_OPTIONS = 10;

const LAYOUT_OPTIMIZER = 1;
const META_OPTIMIZER_ITERATIONS = 12;
const MIN_GRAPH_NODES = 17;
/** Numbers of RewriterConfig's other passes, each of which is on by default. */
const PASSES = {
  constant_folding: 3,
  arithmetic_optimization: 7,
  dependency_optimization: 8,
  loop_optimization: 9,
  function_optimization: 10,
  shape_optimization: 13,
  remapping: 14,
  scoped_allocator_optimization: 15,
  pin_to_host_optimization: 18,
  implementation_selector: 22,
  common_subgraph_elimination: 24,
};
const DISABLE_MODEL_PRUNING = 2;
const MEMORY_OPTIMIZATION = 4;

/** Values of RewriterConfig.Toggle, MemOptType and NumIterationsType. */
const [ON, OFF, NO_MEM_OPT, ONE] = [1, 2, 1, 1];

const varint = (writer: BinaryWriter, field: number, value: number) =>
  writer.tag(field, WireType.Varint).int64(value);

/** Only the layout pass: no other may change what a graph computes. */
function writeLayoutPass(writer: BinaryWriter): void {
  varint(writer, LAYOUT_OPTIMIZER, ON);
  for (const field of Object.values(PASSES)) varint(writer, field, OFF);
  varint(writer, DISABLE_MODEL_PRUNING, 1);
  varint(writer, MEMORY_OPTIMIZATION, NO_MEM_OPT);
  varint(writer, META_OPTIMIZER_ITERATIONS, ONE);
  varint(writer, MIN_GRAPH_NODES, -1); // small graphs too
}

/**
 * The ConfigProto of a session.
 * @param layout `nhwc`: the graph runs as it was written, without TensorFlow's optimiser
 *   (docs/decisions/0016-no-graph-optimiser.md). `nchw`: its layout pass alone runs, which acts on
 *   GPUs only
 */
export function sessionConfig(layout: Layout = 'nhwc'): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(GRAPH_OPTIONS, WireType.LengthDelimited).fork();
  if (layout === 'nhwc') varint(writer, PLACE_PRUNED_GRAPH, 1);
  else {
    writer.tag(REWRITE_OPTIONS, WireType.LengthDelimited).fork();
    writeLayoutPass(writer);
    writer.join();
  }
  writer.join();
  return writer.finish();
}
