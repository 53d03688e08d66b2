/**
 * Where TensorFlow runs each node of a recorded entry on a machine with a GPU, by the registry of
 * its kernels (registry.json), and which tensors go between the host and the GPU at each run.
 *
 * A node goes to the GPU if a kernel for it is registered there, or for any device (`DEFAULT`). A
 * kernel keeps the arguments that it lists in the host's memory; one that lists all of them
 * computes on the processor, whatever its device is called. So it is with every int32 addition.
 */

/** TensorFlow's types by number, as far as our graphs hold them, with bytes of a value. */
const TYPES = {
  1: ['float', 4],
  3: ['int32', 4],
  4: ['uint8', 1],
  9: ['int64', 8],
  10: ['bool', 1],
  20: ['resource', 0],
};
const NAMES = Object.fromEntries(Object.entries(TYPES).map(([number, [name]]) => [number, name]));
const BYTES = Object.fromEntries(Object.values(TYPES));

const FEED = 'Placeholder';

/** What belongs on the host, by op: the types of its first output, and why. */
const HOST_BY_DESIGN = {
  [FEED]: {why: 'a feed, which the caller has in memory'},
  VarHandleOp: {why: 'names a variable; its value is on the GPU'},
  Const: {types: ['int32'], why: 'a shape, axis or padding, which kernels read on the host'},
  Switch: {types: ['int32'], why: 'one int32 that decides whether the update is made'},
  Merge: {types: ['int32'], why: 'one int32 that decides whether the update is made'},
  Identity: {types: ['int32'], why: 'one int32 that decides whether the update is made'},
};

const typeName = number => NAMES[number] ?? `type ${number}`;

/** Types of a node's type attribute, given or by default. */
function typesOf(node, attribute, {defaults}) {
  const given = node.attrs[attribute];
  if (given?.types) return given.types.map(typeName);
  if (given) return [typeName(given.type)];
  if (defaults[attribute]) return [defaults[attribute]];
  throw new Error(`${node.name} (${node.op}) has no attribute "${attribute}"`);
}

/** Name and type of each tensor of `arguments_` (`x:T`, `values:N*T`, `parts:types...`). */
function tensorsOf(node, arguments_, op) {
  return arguments_.flatMap(argument => {
    const [, name, count, kind, many] = /^(.+):(?:(\w+)\*)?(\w+)(\.\.\.)?$/.exec(argument);
    if (many) return typesOf(node, kind, op).map(type => ({name, type}));
    const isType = kind in BYTES || !(kind in node.attrs || kind in op.defaults);
    const [type] = isType ? [kind] : typesOf(node, kind, op);
    return Array(count ? node.attrs[count].int : 1).fill({name, type});
  });
}

/** Arguments that the kernel keeps in the host's memory; undefined if there is no kernel. */
function hostArguments(node, op) {
  const fits = ([types]) =>
    Object.entries(types).every(([attribute, allowed]) =>
      typesOf(node, attribute, op).every(type => allowed.includes(type)),
    );
  return (op.GPU?.find(fits) ?? op.DEFAULT?.find(fits))?.[1];
}

/** Kind of a node: `gpu`, `host` (by design), or `missing`, with the reason. */
function kindOf({op}, host, inputs, outputs) {
  const type = (outputs[0] ?? inputs[0])?.type;
  if (!host) return {kind: 'missing', why: `no kernel of a GPU for ${type}`};
  const isOnHost = [...inputs, ...outputs].every(({name}) => host.includes(name));
  if (!isOnHost && op !== FEED) return {kind: 'gpu'};
  const {types, why} = HOST_BY_DESIGN[op] ?? {types: []};
  if (!types || types.includes(type)) return {kind: 'host', why};
  return {kind: 'missing', why: `its kernel for ${type} computes in the host's memory`};
}

/** One node: where it runs, and which of its tensors are in the host's memory. */
function placed(node, ops) {
  const op = ops[node.op];
  if (!op) return {node, kind: 'missing', why: 'TensorFlow has no such op', inputs: [], outputs: []};
  const [inputs, outputs] = [tensorsOf(node, op.in, op), tensorsOf(node, op.out, op)];
  const host = hostArguments(node, op);
  const isCpuOnly = host === undefined || node.op === FEED;
  const marked = tensors =>
    tensors.map(tensor => ({...tensor, onHost: isCpuOnly || host.includes(tensor.name)}));
  return {
    node,
    ...kindOf(node, host, inputs, outputs),
    inputs: marked(inputs),
    outputs: marked(outputs),
  };
}

const nodeOf = ref => ref.replace(/^\^/, '').replace(/:\d+$/, '');

/** The nodes that a run of the entry needs, in their order. */
function neededNodes({nodes, fetches, done}) {
  const byName = new Map(nodes.map(node => [node.name, node]));
  const needed = new Set();
  const open = [done, ...fetches.values()];
  while (open.length) {
    const name = nodeOf(open.pop());
    if (needed.has(name)) continue;
    needed.add(name);
    open.push(...byName.get(name).inputs);
  }
  return nodes.filter(({name}) => needed.has(name));
}

/**
 * Elements of the tensor `ref`. The recorder gives no shape to fetches, and none to the gate's
 * scalars.
 */
function elements(ref, node, shapes) {
  const {value, shape} = node.attrs;
  const copied = node.op === 'Identity' ? shapes.get(node.inputs[0]) : undefined;
  const dims = shapes.get(ref) ?? copied ?? value?.tensor?.shape ?? shape?.shape ?? [];
  return dims.reduce((product, size) => product * size, 1);
}

/** Tensors that go between the host and the GPU, each once for a direction. */
function crossingsOf({feeds, fetches, shapes}, places) {
  const byName = new Map(places.map(place => [place.node.name, place]));
  const outputOf = ref => byName.get(nodeOf(ref)).outputs[Number(/:(\d+)$/.exec(ref)?.[1] ?? 0)];
  const found = new Map();
  function cross(ref, direction, to, what) {
    const {node} = byName.get(nodeOf(ref));
    const {type} = outputOf(ref);
    const bytes = elements(ref, node, shapes) * BYTES[type];
    const key = `${direction} ${ref}`;
    if (!found.has(key)) found.set(key, {direction, what, from: node.op, type, bytes, to: new Set()});
    found.get(key).to.add(to);
  }
  for (const {node, inputs} of places) {
    const refs = node.inputs.filter(ref => !ref.startsWith('^'));
    refs.forEach((ref, i) => {
      const [from, onHost] = [outputOf(ref), inputs[i]?.onHost ?? true];
      if (!from || from.type === 'resource' || from.onHost === onHost) return;
      const isFed = byName.get(nodeOf(ref)).node.op === FEED;
      // Scalars are fed too; their nodes are named `<entry>/scalar/<name>`.
      const feed = feeds.get(ref) ?? ref.replace(/^\w+\/scalar\//, '');
      cross(ref, onHost ? 'to host' : 'to GPU', node.op, isFed ? `feed ${feed}` : 'inside');
    });
  }
  for (const [name, ref] of fetches)
    if (outputOf(ref)?.onHost === false) cross(ref, 'to host', 'the caller', `fetch ${name}`);
  return [...found.values()].map(crossing => ({...crossing, to: [...crossing.to]}));
}

/**
 * Judges a recorded entry.
 * @param graph a RecordedGraph of `@rife-train/engine/graph`, in plain ops
 * @param registry what registry.json holds
 * @returns `nodes`: {node, kind, why, inputs, outputs} of each one that a run needs; `missing`:
 *   those that would compute on the processor without belonging there; `crossings`: {direction,
 *   what, from, type, bytes, to} for each tensor that is copied at every run
 */
export function placementOf(graph, {ops}) {
  const nodes = neededNodes(graph).map(node => placed(node, ops));
  return {
    nodes,
    missing: nodes.filter(({kind}) => kind === 'missing'),
    crossings: crossingsOf(graph, nodes),
  };
}

/** Sum of the bytes of crossings in a direction. */
export const bytesOf = (crossings, direction) =>
  crossings.reduce((sum, crossing) => sum + (crossing.direction === direction ? crossing.bytes : 0), 0);
