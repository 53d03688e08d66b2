/** `rife-train weights convert`: weights in another format. */
import {existsSync, realpathSync, statSync} from 'node:fs';
import {extname, resolve} from 'node:path';
import {usageError, weightsExistsError, weightsSameError} from '@rife-train/errors';
import {
  deduceOptions,
  isTrainingOnly,
  MODULE_PREFIX,
  swapImageChannels,
  type WeightsFormat,
  writeWeights,
} from '@rife-train/model/weights';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {countText} from './numbers.js';
import {formatText, locateWeights, readSource, type WeightsSource} from './source.js';

/** Flags of `weights convert`. */
export interface ConvertFlags {
  format?: WeightsFormat;
  prefix?: 'module.' | 'none';
  key?: string;
  swapChannels?: true;
  predictionOnly?: true;
  force?: true;
}

/** Format by the extension of the file to write. */
const BY_EXTENSION: Record<string, WeightsFormat | undefined> = {
  '.pkl': 'zip',
  '.pth': 'zip',
  '.pt': 'zip',
  '.safetensors': 'safetensors',
};

/** @throws RIFE_ERR_CLI_USAGE */
function formatFor(file: string, {format}: ConvertFlags): WeightsFormat {
  const found = format ?? BY_EXTENSION[extname(file).toLowerCase()];
  if (found === undefined)
    throw usageError(
      `The extension of ${file} names no format; use ${Object.keys(BY_EXTENSION).join(', ')}, or add --format`,
      'rife-train weights convert --help',
    );
  return found;
}

/** @throws RIFE_ERR_CLI_WEIGHTS_SAME, RIFE_ERR_CLI_WEIGHTS_EXISTS */
function checkTarget(from: string, to: string, {force}: ConvertFlags): void {
  if (!existsSync(to)) return;
  if (existsSync(from) && realpathSync(from) === realpathSync(to)) throw weightsSameError(to);
  if (!force) throw weightsExistsError(to);
}

/** The tensors without those that only training reads. */
function predictionTensors({tensors, checkpoint}: WeightsSource): WeightsSource['tensors'] {
  const network = (checkpoint?.model ?? deduceOptions(tensors))?.name;
  return new Map([...tensors].filter(([name]) => !isTrainingOnly(name, network)));
}

/**
 * Converts. Returns the exit code; throws coded errors. Tensors keep their names, types and bytes.
 */
export async function runConvert(
  from: string,
  to: string,
  flags: ConvertFlags,
  io: CommandIo,
): Promise<number> {
  const source = locateWeights(resolve(io.cwd, from));
  const target = resolve(io.cwd, to);
  const format = formatFor(target, flags);
  checkTarget(source, target, flags);
  const read = await readSource(source, flags.key);
  const {metadata: found, format: before} = read;
  const tensors = flags.predictionOnly ? predictionTensors(read) : read.tensors;
  const {tensors: converted, swapped} = flags.swapChannels
    ? swapImageChannels(tensors)
    : {tensors, swapped: []};
  const prefix = prefixFor(format, flags);
  // Metadata of PyTorch's format is not about the tensors and is dropped; that of safetensors is
  // kept.
  const metadata = {...(before === 'safetensors' ? found : {}), format: 'pt'};
  await writeWeights(target, converted, {format, prefix, ...(format === 'safetensors' ? {metadata} : {})});
  const notes = [
    `${countText(converted.size)} tensors`,
    `${(statSync(target).size / 1e6).toFixed(1)} MB`,
    formatText(format),
    prefix === '' ? 'no prefix' : `prefix ${prefix}`,
    ...(tensors.size < read.tensors.size
      ? [`${read.tensors.size - tensors.size} that only training reads left out`]
      : []),
    ...(swapped.length > 0 ? [`image channels swapped in ${swapped.length} tensors`] : []),
  ];
  io.stdout.write(`Wrote ${to}: ${notes.join(', ')}\n`);
  return EXIT.ok;
}

function prefixFor(format: WeightsFormat, {prefix}: ConvertFlags): string {
  if (prefix !== undefined) return prefix === 'none' ? '' : prefix;
  return format === 'safetensors' ? '' : MODULE_PREFIX;
}
