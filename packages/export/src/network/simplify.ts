/** Removes what cancels: channels reversed twice, parts of what was just joined, unused nodes. */
import {inputsOf, mapInputs, type NetworkGraph, type NetworkNode, type Ref} from './graph.js';

type Nodes = readonly NetworkNode[];

/** What a node amounts to: an earlier node, or a simpler one. */
function simpler(node: NetworkNode, nodes: Nodes): Ref | NetworkNode {
  if (node.op === 'reverse') return unreversed(node, nodes);
  if (node.op === 'slice') return partOfJoined(node, nodes);
  return node;
}

function unreversed(node: NetworkNode & {op: 'reverse'}, nodes: Nodes): Ref | NetworkNode {
  const inner = nodes[node.x]!;
  return inner.op === 'reverse' && inner.axes.join() === node.axes.join() ? inner.x : node;
}

/** What comes from one part of a concatenation is taken from that part. */
function partOfJoined(node: NetworkNode & {op: 'slice'}, nodes: Nodes): Ref | NetworkNode {
  const inner = nodes[node.x]!;
  if (node.begin === 0 && node.count === inner.shape[node.axis]) return node.x;
  if (inner.op !== 'concat' || inner.axis !== node.axis) return node;
  let first = 0;
  for (const x of inner.xs) {
    const begin = node.begin - first;
    const length = nodes[x]!.shape[node.axis]!;
    if (begin >= 0 && begin + node.count <= length) return partOfJoined({...node, x, begin}, nodes);
    first += length;
  }
  return node;
}

/** The same prediction without what cancels, and without nodes that nothing reads. */
export function simplified({nodes, output, multiple}: NetworkGraph): NetworkGraph {
  const kept: NetworkNode[] = [];
  const places: Ref[] = [];
  for (const node of nodes) {
    const moved = mapInputs(node, ref => places[ref]!);
    const found = simpler(moved, kept);
    places.push(typeof found === 'number' ? found : kept.push(found) - 1);
  }
  return withoutUnused({nodes: kept, output: places[output]!, multiple});
}

/** Without nodes that the frame does not depend on. */
export function withoutUnused({nodes, output, multiple}: NetworkGraph): NetworkGraph {
  const isUsed = new Set<Ref>([output]);
  for (let ref = nodes.length - 1; ref >= 0; ref--)
    if (isUsed.has(ref)) inputsOf(nodes[ref]!).forEach(input => isUsed.add(input));
  const kept: NetworkNode[] = [];
  const places = new Map<Ref, Ref>();
  nodes.forEach((node, ref) => {
    if (!isUsed.has(ref)) return;
    places.set(ref, kept.push(mapInputs(node, input => places.get(input)!)) - 1);
  });
  return {nodes: kept, output: places.get(output)!, multiple};
}
