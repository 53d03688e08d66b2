/** Puts into convolutions what follows them alone: factors of channels, and leaky ReLU. */
import {inputsOf, type NetworkGraph, type NetworkNode, type Ref} from '../network/graph.js';
import {withoutUnused} from '../network/simplify.js';

type Conv = NetworkNode & {op: 'conv'; alpha?: number};

/** The convolution multiplied by a factor for each of its channels. */
function scaled(conv: Conv, factors: Float32Array): Conv {
  const {weight, bias} = conv;
  // The channels out are the last axis.
  const values = weight.values.map((value, i) => value * factors[i % factors.length]!);
  return {...conv, weight: {...weight, values}, bias: bias?.map((value, i) => value * factors[i]!)};
}

/** How many nodes read each node. */
function usesOf({nodes, output}: NetworkGraph): number[] {
  const uses = nodes.map(() => 0);
  for (const ref of [...nodes.flatMap(inputsOf), output]) uses[ref]! += 1;
  return uses;
}

/** A convolution without activation that only this node reads. */
function convAt(ref: Ref, nodes: readonly NetworkNode[], uses: readonly number[]): Conv | undefined {
  const node = nodes[ref]!;
  return node.op === 'conv' && uses[ref] === 1 && (node as Conv).alpha === undefined ? node : undefined;
}

function foldedNode(node: NetworkNode, nodes: readonly NetworkNode[], uses: readonly number[]): NetworkNode {
  if (node.op === 'leakyRelu') {
    const conv = convAt(node.x, nodes, uses);
    return conv ? ({...conv, alpha: node.alpha} as Conv) : node;
  }
  if (node.op !== 'mul') return node;
  const [known, other] = nodes[node.a]!.op === 'constant' ? [node.a, node.b] : [node.b, node.a];
  const conv = convAt(other, nodes, uses);
  const factors = nodes[known]!;
  if (!conv || factors.op !== 'constant' || factors.values.length !== conv.shape[3]) return node;
  return scaled(conv, factors.values);
}

/** The same network with fewer nodes. */
export function folded(graph: NetworkGraph): NetworkGraph {
  const uses = usesOf(graph);
  const nodes: NetworkNode[] = [];
  for (const node of graph.nodes) nodes.push(foldedNode(node, nodes, uses));
  return withoutUnused({...graph, nodes});
}
