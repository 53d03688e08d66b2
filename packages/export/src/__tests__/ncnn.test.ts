/** ncnn files: their form. `npm run test:export` runs them. */
import {writeNcnn} from '../ncnn/write.js';
import {networkOf} from '../network/network.js';
import {sourceOf} from './support/networks.js';

interface Layer {
  type: string;
  inputs: string[];
  outputs: string[];
  parameters: Map<number, string>;
}

function parsed(param: string) {
  const [magic, counts, ...lines] = param.trimEnd().split('\n');
  const layers = lines.map((line): Layer => {
    const [type, , inputs, outputs, ...rest] = line.split(' ');
    const [ins, outs] = [Number(inputs), Number(outputs)];
    const parameters = rest.slice(ins + outs).map(text => text.split('=') as [string, string]);
    return {
      type: type!,
      inputs: rest.slice(0, ins),
      outputs: rest.slice(ins, ins + outs),
      parameters: new Map(parameters.map(([key, value]) => [Number(key), value])),
    };
  });
  return {magic, counts: counts!.split(' ').map(Number), layers};
}

/** Bytes that a layer has in `flownet.bin`. */
function bytesOf({type, parameters}: Layer): number {
  const number = (key: number) => Number(parameters.get(key) ?? 0);
  if (type === 'Convolution' || type === 'Deconvolution')
    return 4 + 4 * number(6) + (number(5) ? 4 * number(0) : 0);
  if (type === 'PReLU') return 4 * number(0);
  return type === 'MemoryData' ? 4 * number(0) * number(1) * number(2) : 0;
}

it.each(['4.0', '4.2', '4.6', '4.7', '4.14.lite', '4.25'])(
  'RIFE4 %s: every blob is made once and read once',
  async version => {
    const {param, bin} = writeNcnn(await networkOf(sourceOf(`RIFE4 ${version}`)));
    const {magic, counts, layers} = parsed(param);
    const made = layers.flatMap(({outputs}) => outputs);
    const read = layers.flatMap(({inputs}) => inputs);
    expect(magic).toBe('7767517');
    expect(counts).toEqual([layers.length, made.length]);
    expect(new Set(made).size).toBe(made.length);
    expect(new Set(read).size).toBe(read.length);
    expect(made.filter(name => !read.includes(name))).toEqual(['out0']);
    expect(made.slice(0, 3).every(name => /^in\d/.test(name))).toBe(true);
    expect(bin).toHaveLength(layers.reduce((sum, layer) => sum + bytesOf(layer), 0));
  },
);

it('folds factors of channels and leaky ReLU into convolutions', async () => {
  const {layers} = parsed(writeNcnn(await networkOf(sourceOf('RIFE4 4.25'))).param);
  expect(layers.filter(({type}) => type === 'MemoryData')).toEqual([]);
  const fused = layers.filter(({type, parameters}) => type === 'Convolution' && parameters.get(9) === '2');
  expect(fused.length).toBeGreaterThan(10);
});

it.each(['IFNet', 'IFNet_m'])('refuses %s, which stacks pictures', async kind => {
  const graph = await networkOf(sourceOf(kind));
  expect(() => writeNcnn(graph)).toThrow(expect.objectContaining({code: 'RIFE_ERR_EXPORT_FORMAT'}));
});
