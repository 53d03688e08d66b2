/** Reads result.json of a folder that `rife-train eval` has written. */
import {join} from 'node:path';
import {compareMixedError, compareUnreadableError} from '@rife-train/errors';
import {withNumbers, type EvalResult, type FrameResult} from '@rife-train/evaluate';
import {readRegular} from '@rife-train/files';
import {isObject} from './lines.js';

/** An evaluation, as it is compared. */
export interface Evaluation {
  name: string;
  folder: string;
  result: EvalResult;
}

const isFrame = (frame: unknown): frame is FrameResult =>
  isObject(frame) &&
  ['pair', 'target', 'group'].every(name => typeof frame[name] === 'string') &&
  isObject(frame['scores']) &&
  Object.values(frame['scores']).every(isObject);

/** Is everything there that is read here? */
const isResult = (value: unknown): value is EvalResult =>
  isObject(value) &&
  isObject(value['identity']) &&
  ['set', 'files', 'protocol'].every(
    name => typeof (value['identity'] as Record<string, unknown>)[name] === 'string',
  ) &&
  isObject(value['identity']['network']) &&
  isObject(value['identity']['options']) &&
  isObject(value['protocol']) &&
  Array.isArray(value['protocol']['metrics']) &&
  Array.isArray(value['frames']) &&
  value['frames'].length > 0 &&
  value['frames'].every(isFrame);

/** @throws RIFE_ERR_CLI_COMPARE_UNREADABLE */
export async function readEvaluation(folder: string, name: string): Promise<Evaluation> {
  const file = join(folder, 'result.json');
  try {
    const value: unknown = JSON.parse((await readRegular(file)).toString());
    if (!isResult(value)) throw new Error('it is no result of "rife-train eval" with a scored frame');
    return {name, folder, result: {...value, frames: value.frames.map(withNumbers)}};
  } catch (error) {
    throw compareUnreadableError(file, error);
  }
}

/** @throws RIFE_ERR_CLI_COMPARE_MIXED for another set, protocol or list of files */
export function checkSameFrames([first, ...others]: readonly Evaluation[]): void {
  for (const {name, result} of others)
    for (const what of ['set', 'protocol', 'files'] as const) {
      const [a, b] = [first!.result.identity[what], result.identity[what]];
      if (a === b) continue;
      const [one, other] = what === 'files' ? [a.slice(0, 12), b.slice(0, 12)] : [a, b];
      throw compareMixedError(
        `The evaluations ${first!.name} and ${name} can't be compared: "${what}" is ${one} in the first and ${other} in the second`,
        'Only scores of the same frames, measured in the same way, differ because of the network',
      );
    }
}
