/**
 * Writes the initial weights of a run of the recipe, for PyTorch.
 *
 *     node bench/stability/initialWeights.mjs SEED FILE
 */
import '../../scripts/freshDist.mjs';
import {createModel} from '@rife-train/model';
import {writeWeights} from '@rife-train/model/weights';

const [seed, file] = process.argv.slice(2);
const model = createModel({name: 'IFNet'});
const values = model.initialize(Number(seed));
const tensors = new Map(
  model.parameters.map(({name, fileShape}) => {
    const own = model.toFile(name, values.get(name));
    const bytes = new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
    return [name, {dtype: 'F32', shape: [...fileShape], bytes}];
  }),
);
await writeWeights(file, tensors, {format: 'safetensors'});
