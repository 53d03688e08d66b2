/** Reads pretrained networks of torchvision from a weights file of any format. */
import {
  showName,
  weightsCorruptError,
  weightsTorchvisionError,
  type TorchvisionNetwork,
} from '@rife-train/errors';
import {deduceOptions} from '../deduceOptions.js';
import {fromFile} from '../layout.js';
import type {TensorSpec} from '../specs.js';
import {readWeights} from '../weights/readWeights.js';
import {stripPrefix} from '../weights/stripPrefix.js';
import {toFloat32} from '../weights/toFloat32.js';
import type {WeightsFile} from '../weights/types.js';

type Tensors = WeightsFile['tensors'];

/** Convolutions of the VGGs, and their layers with weights: three more are fully connected. */
const VGGS: ReadonlyMap<number, number> = new Map([8, 10, 13, 16].map(convs => [convs, convs + 3]));

const shapeText = (shape: readonly number[]) => `[${shape.join(', ')}]`;

/** The VGG with these tensors. */
function vggIn(tensors: Tensors): string | undefined {
  const convs = [...tensors].filter(([name, {shape}]) => name.startsWith('features.') && shape.length === 4);
  const layers = VGGS.get(convs.length);
  if (layers === undefined) return undefined;
  const hasNorm = [...tensors.keys()].some(name => name.endsWith('.running_mean'));
  return `VGG-${layers}${hasNorm ? ' with batch norm' : ''}`;
}

/** What is in the file, in words, as far as names and shapes show it. */
function contentOf(tensors: Tensors): string {
  const sideOf = (name: string) => tensors.get(name)?.shape[3];
  if (sideOf('features.0.weight') === 11) return 'weights of AlexNet';
  if (sideOf('conv1.weight') === 7 && tensors.has('layer1.0.conv1.weight')) return 'weights of a ResNet';
  const rife = deduceOptions(tensors);
  if (rife) return `weights of ${rife.version === undefined ? rife.name : `RIFE ${rife.version}`}`;
  const vgg = vggIn(tensors);
  if (vgg !== undefined) return `weights of ${vgg}`;
  const [first = ''] = tensors.keys();
  return `${tensors.size} tensors, the first of which is ${showName(first)}`;
}

/** The first tensor that is missing or has another shape, in words. */
function problemOf(tensors: Tensors, specs: readonly TensorSpec[]): string | undefined {
  for (const {name, fileShape} of specs) {
    const shape = tensors.get(name)?.shape;
    if (!shape) return `"${name}" is missing`;
    if (shape.join() !== fileShape.join())
      return `"${name}" has shape ${shapeText(shape)}, not ${shapeText(fileShape)}`;
  }
  return undefined;
}

/**
 * Values of a network, in program layout. What the file holds besides is left alone.
 * @param specs tensors that are wanted, by torchvision's names
 * @param option that names the file, for errors
 * @throws RIFE_ERR_WEIGHTS_NETWORK for another network, RIFE_ERR_WEIGHTS_CORRUPT for numbers that
 *   are not finite, and what {@link readWeights} throws
 */
export async function readTorchvision(
  network: TorchvisionNetwork,
  file: string,
  specs: readonly TensorSpec[],
  option: string,
): Promise<Map<string, Float32Array>> {
  const {tensors} = stripPrefix((await readWeights(file)).tensors, {file});
  const problem = problemOf(tensors, specs);
  if (problem !== undefined)
    throw weightsTorchvisionError(network, file, option, contentOf(tensors), problem);
  return new Map(
    specs.map(spec => {
      const values = toFloat32(tensors.get(spec.name)!);
      if (!values.every(Number.isFinite))
        throw weightsCorruptError(file, `"${spec.name}" has numbers that are not finite`);
      return [spec.name, fromFile(spec, values)] as const;
    }),
  );
}
