/** Whether weights are of another network than the one that shall use them. */
import type {ModelOptions} from '@rife-train/core';
import {weightsNetworkError} from '@rife-train/errors';
import {deduceOptions, specsOf, type WeightTensor} from '@rife-train/model/weights';
import type {WeightsSource} from './source.js';

type Tensors = ReadonlyMap<string, Pick<WeightTensor, 'shape'>>;
/** What is known of a network before it is built. */
type Wanted = Pick<ModelOptions, 'name'> & Partial<ModelOptions>;

const RIFE4 = 'RIFE4';
const IFNETS = ['IFNet', 'IFNet_m'];
/** Widths of the reference's blocks, as text. */
export const REFERENCE_WIDTHS = '240, 150, 90';
/** Input channels of IFNet's second block, without and with the timestep; RIFE4 has others. */
const IFNET_INPUTS = [17, 18];

/** Do the tensors belong to an IFNet? Many names and some shapes are those of RIFE 4.0, too. */
const isIfNet = (tensors: Tensors) =>
  IFNET_INPUTS.includes(tensors.get('block1.conv0.0.0.weight')?.shape[1] ?? 0);

/** The network of the weights, where it is certain. */
function networkOf({tensors, checkpoint}: Pick<WeightsSource, 'tensors' | 'checkpoint'>) {
  const options = checkpoint?.model ?? deduceOptions(tensors);
  return checkpoint || options?.name === RIFE4 || isIfNet(tensors) ? options : undefined;
}

/** The first release with these tensors: 4.25 for 4.26. */
const releaseOf = (options: ModelOptions) =>
  deduceOptions(new Map(specsOf(options).map(({name, fileShape}) => [name, {shape: fileShape}])))?.version;
const releaseOfVersion = (version: string | undefined) =>
  releaseOf({name: RIFE4, version: version!, scales: [], widths: []});

function fits(found: ModelOptions, wanted: Wanted): boolean {
  if (![RIFE4, ...IFNETS].includes(wanted.name)) return true;
  if (found.name !== RIFE4) return !IFNETS.includes(found.name) || IFNETS.includes(wanted.name);
  if (wanted.name !== RIFE4) return false;
  const release = releaseOfVersion(found.version);
  // Widths may make one version of another.
  return [releaseOfVersion(wanted.version), releaseOf({scales: [], ...wanted})].includes(release);
}

/** `IFNet` in words and as an option. */
export function modelText({name, version, widths = [], scales}: ModelOptions): {is: string; write: string} {
  if (name === RIFE4)
    return {is: `RIFE ${version}`, write: `model: {name: '${RIFE4}', version: '${version}'}`};
  const list = widths.join(', ');
  const blocks = list === REFERENCE_WIDTHS ? '' : `, scales: [${scales.join(', ')}], widths: [${list}]`;
  return {is: name, write: `model: {name: '${name}'${blocks}}`};
}

const named = ({name, version}: Wanted) => (version === undefined ? name : `${name} ${version}`);

/**
 * Refuses weights that are certainly of another network, though some of their tensors may fit.
 * @param wanted the network that shall use them, options complete where it has a version
 * @throws RIFE_ERR_WEIGHTS_NETWORK
 */
export function checkNetwork(
  wanted: Wanted,
  source: Pick<WeightsSource, 'file' | 'tensors' | 'checkpoint'>,
): void {
  const found = networkOf(source);
  if (found && !fits(found, wanted)) throw weightsNetworkError(source.file, named(wanted), modelText(found));
}
