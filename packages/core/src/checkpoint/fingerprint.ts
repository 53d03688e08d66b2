import {createHash} from 'node:crypto';
import type {Model, Program} from '../contract/index.js';
import {averagesOf} from '../weights/averages.js';
import {weightsOf} from '../weights/tensors.js';
import {bytesOf} from '@rife-train/files';

/** SHA-256 of all weights, averages and buffers: equal where every bit is. */
export async function fingerprint(model: Model, program: Program): Promise<string> {
  const names = [...weightsOf(model), ...averagesOf(model)].map(({name}) => name);
  const values = await program.readVariables(names);
  const hash = createHash('sha256');
  for (const name of names) hash.update(bytesOf(values.get(name)!));
  return hash.digest('hex');
}
