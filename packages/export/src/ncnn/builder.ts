/** Collects the layers of an ncnn network: lines of `flownet.param`, bytes of `flownet.bin`. */

/** ncnn recognizes a float by how it is written. */
type Value = number | {float: number};

/** A layer's parameters by their index; a list is written as ncnn's arrays are. */
export type Parameters = Readonly<Record<number, Value | readonly Value[]>>;

interface Layer {
  type: string;
  inputs: string[];
  outputs: string[];
  parameters: Parameters;
}

const MAGIC = 7767517;
/** ncnn's key of an array is this minus its index. */
const ARRAY_KEY = -23300;

const valueText = (value: Value) =>
  typeof value === 'number' ? String(value) : value.float.toExponential(8);

function parameterText([key, value]: [string, Value | readonly Value[]]): string {
  if (!Array.isArray(value)) return `${key}=${valueText(value as Value)}`;
  return `${ARRAY_KEY - Number(key)}=${[value.length, ...(value as Value[]).map(valueText)].join(',')}`;
}

export class NcnnBuilder {
  private readonly layers: Layer[] = [];
  private readonly weights: Uint8Array[] = [];
  private count = 0;

  /** Adds a layer with one output. */
  layer(
    type: string,
    inputs: readonly string[],
    parameters: Parameters = {},
    output = `b${this.count++}`,
  ): string {
    this.layers.push({type, inputs: [...inputs], outputs: [output], parameters});
    return output;
  }

  /** Weights in float32 with ncnn's tag, as convolutions have them. */
  tagged(values: Float32Array): void {
    this.weights.push(new Uint8Array(4));
    this.raw(values);
  }

  /** Numbers in float32 alone: biases, slopes, constants. */
  raw({buffer, byteOffset, byteLength}: Float32Array): void {
    this.weights.push(new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength));
  }

  /** @param output the blob that becomes `out0` */
  finish(output: string): {param: string; bin: Uint8Array} {
    const layers = withSplits(this.layers).map(layer => renamed(layer, output));
    const blobs = layers.reduce((sum, {outputs}) => sum + outputs.length, 0);
    const lines = layers.map(({type, inputs, outputs, parameters}, i) =>
      [
        type,
        `l${i}`,
        inputs.length,
        outputs.length,
        ...inputs,
        ...outputs,
        ...Object.entries(parameters).map(parameterText),
      ].join(' '),
    );
    return {
      param: `${[MAGIC, `${layers.length} ${blobs}`, ...lines].join('\n')}\n`,
      bin: Buffer.concat(this.weights),
    };
  }
}

const renamed = ({outputs, ...rest}: Layer, output: string): Layer => ({
  ...rest,
  outputs: outputs.map(name => (name === output ? 'out0' : name)),
});

/** A blob that several layers read goes through a `Split`, with an output for each of them. */
function withSplits(layers: readonly Layer[]): Layer[] {
  const uses = new Map<string, number>();
  for (const name of layers.flatMap(({inputs}) => inputs)) uses.set(name, (uses.get(name) ?? 0) + 1);
  const taken = new Map<string, number>();
  const copyOf = (name: string) => {
    if (uses.get(name) === 1) return name;
    const i = taken.get(name) ?? 0;
    taken.set(name, i + 1);
    return `${name}_${i}`;
  };
  return layers.flatMap(layer => {
    const own = {...layer, inputs: layer.inputs.map(copyOf)};
    const splits = layer.outputs
      .filter(name => (uses.get(name) ?? 0) > 1)
      .map(name => ({
        type: 'Split',
        inputs: [name],
        outputs: Array.from({length: uses.get(name)!}, (_, i) => `${name}_${i}`),
        parameters: {},
      }));
    return [own, ...splits];
  });
}
