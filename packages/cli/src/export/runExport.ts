import {basename, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {usageError} from '@rife-train/errors';
import {sha256OfFile} from '@rife-train/files';
import {exportNetwork, type CheckReport, type ExportFormat, type ExportOptions} from '@rife-train/export';
import {EXIT} from '../exitCodes.js';
import type {CommandIo} from '../io.js';
import {readFrame} from '../predict/images.js';
import type {Network} from '../predict/network.js';
import {openNetwork} from '../predict/open.js';
import {version} from '../version.js';
import {runConvert} from '../weights/convert.js';
import {readSource} from '../weights/source.js';
import {foreignFlag, type ExportFlags, type FormatName} from './flags.js';
import {huggingFaceFiles} from './huggingFace.js';
import {checkOut, writeOut} from './writeOut.js';

const PICTURE = fileURLToPath(new URL('../../assets/picture.png', import.meta.url));
const MEGABYTE = 1e6;

const difference = (largest: number) => (largest === 0 ? '0' : largest.toExponential(1));

/** Lines about a check. */
const checkText = ({runtime, differences}: CheckReport) =>
  `checked with ${runtime}: ${differences.map(({name, largest}) => `${name} ${difference(largest)}`).join(', ')} (largest difference, of 0..1)`;

/** What a file notes about where it is from. */
async function metadataOf({model, source: {file, checkpoint}}: Network) {
  return {
    producer: `rife-train ${version()}`,
    network: model.name,
    weights: basename(file),
    sha256: await sha256OfFile(file),
    colours: 'RGB in 0..1',
    ...(checkpoint && {step: String(checkpoint.step)}),
  };
}

function optionsOf(flags: ExportFlags, metadata: Record<string, string>): Omit<ExportOptions, 'picture'> {
  const {scale, tta, ensemble, precision, opset, layout, warp, size} = flags;
  return {
    network: {...(scale !== undefined && {scale}), ...(tta && {tta}), ...(ensemble && {ensemble})},
    ...(precision && {precision}),
    ...(opset !== undefined && {opset}),
    ...(layout && {layout}),
    ...(warp && {warp}),
    ...(size && {size}),
    metadata,
  };
}

/** rife-ncnn-vulkan reads the version from the folder's name. */
const NCNN_NAME = /rife-v4/;

function noteOf(format: FormatName, out: string, isChecked: boolean): string[] {
  if (format !== 'ncnn') return isChecked ? [] : ['not checked'];
  const notes = ['not compared: nothing in Node runs ncnn (docs/export.md has a script that does)'];
  if (!NCNN_NAME.test(basename(out)))
    notes.push(
      `rename the folder for rife-ncnn-vulkan, which takes the version from it: rife-v4-${basename(out)}`,
    );
  return notes;
}

/** Formats that hold the tensors as they are. */
async function exportTensors(
  format: 'hugging-face' | 'pkl',
  flags: ExportFlags,
  io: CommandIo,
): Promise<number> {
  const out = resolve(io.cwd, flags.out);
  if (format === 'pkl') {
    const {key, force} = flags;
    const more = {...(key !== undefined && {key}), ...(force && {force: true as const})};
    return runConvert(flags.weights, flags.out, {predictionOnly: true, format: 'zip', ...more}, io);
  }
  const source = await readSource(resolve(io.cwd, flags.weights), flags.key);
  await writeOut(out, await huggingFaceFiles(source, {license: flags.license, version: version()}));
  io.stdout.write(`Wrote ${flags.out}: model.safetensors, config.json, README.md\n`);
  return EXIT.ok;
}

/** `rife-train export`. Returns the exit code; throws coded errors. */
export async function runExport(format: FormatName, flags: ExportFlags, io: CommandIo): Promise<number> {
  const foreign = foreignFlag(format, flags);
  if (foreign !== undefined) throw usageError(`--${foreign} does not belong to ${format}`);
  const out = resolve(io.cwd, flags.out);
  checkOut(out, flags.force ?? false);
  if (format === 'hugging-face' || format === 'pkl') return exportTensors(format, flags, io);
  const print = (text: string) => io.stdout.write(`${text}\n`);
  const network = await openNetwork(flags, io.cwd, print);
  const options = optionsOf(flags, await metadataOf(network));
  const {files, check} = await exportNetwork(format satisfies ExportFormat, network, {
    ...options,
    picture: await readFrame(PICTURE),
  });
  await writeOut(out, files, format === 'onnx' ? 'model.onnx' : undefined);
  if (check) print(checkText(check));
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  print(`Wrote ${flags.out}: ${[...files.keys()].length} files, ${(bytes / MEGABYTE).toFixed(1)} MB`);
  for (const note of noteOf(format, out, check !== undefined)) print(note);
  return EXIT.ok;
}
