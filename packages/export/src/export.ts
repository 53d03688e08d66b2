/** One way in for every format: writes a network, checks what was written, returns its files. */
import type {Frame, FrameSize} from '@rife-train/core';
import {checkExport, type CheckReport} from './check/check.js';
import {checkPairs} from './check/pairs.js';
import {openGraphModel, openOnnx, openSavedModel, type Runner} from './check/runners.js';
import type {NetworkGraph} from './network/graph.js';
import {networkOf, type ExportSource, type NetworkOptions} from './network/network.js';
import {writeNcnn} from './ncnn/write.js';
import {writeOnnx, type OnnxOptions} from './onnx/write.js';
import {writeGraphModel, type Files} from './tensorflow/graphModel.js';
import {writeSavedModel} from './tensorflow/savedModel.js';
import {writePage} from './web/page.js';

export type ExportFormat = 'onnx' | 'saved-model' | 'tfjs' | 'web' | 'ncnn';

/** Options of all formats; each reads its own. */
export interface ExportOptions extends OnnxOptions {
  network?: NetworkOptions;
  /** A picture whose structure the check uses; any size. */
  picture: Frame;
}

export interface ExportResult {
  /** By name; an ONNX file is named `model.onnx`. */
  files: Files;
  /** Undefined where nothing in Node runs the format: ncnn. */
  check: CheckReport | undefined;
}

/** Not a multiple of anything, and wider than high. */
const CHECK_SIZE = {height: 101, width: 139};
const MIDDLE = 0.5;
const QUARTER = 0.25;

interface Written {
  files: Files;
  open: (() => Promise<Runner>) | undefined;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function write(format: ExportFormat, graph: NetworkGraph, options: ExportOptions): Promise<Written> {
  if (format === 'onnx') {
    const bytes = writeOnnx(graph, options);
    return {
      files: new Map([['model.onnx', bytes]]),
      open: () => openOnnx(bytes, options.layout ?? 'two-inputs'),
    };
  }
  if (format === 'saved-model') {
    const bytes = writeSavedModel(graph);
    return {files: new Map([['saved_model.pb', bytes]]), open: () => openSavedModel(bytes)};
  }
  if (format === 'tfjs' || format === 'web') {
    const model = writeGraphModel(graph, options);
    const files = format === 'tfjs' ? model : await writePage(model);
    return {files, open: () => openGraphModel(model)};
  }
  const {param, bin} = writeNcnn(graph);
  const files = new Map([
    ['flownet.param', bytesOf(param)],
    ['flownet.bin', bin],
  ]);
  return {files, open: undefined};
}

/** The size that a check needs: the file's own, or a multiple where nothing is padded inside. */
function checkSize({size, layout}: ExportOptions, {multiple}: NetworkGraph): FrameSize {
  if (size) return size;
  return layout === 'v1' ? {height: 2 * multiple, width: 3 * multiple} : CHECK_SIZE;
}

/**
 * Files of a network in another format, compared with its own predictions.
 * @throws RIFE_ERR_EXPORT_OP, RIFE_ERR_EXPORT_FORMAT, RIFE_ERR_EXPORT_CHECK, RIFE_ERR_PREDICT_SCALE
 */
export async function exportNetwork(
  format: ExportFormat,
  source: ExportSource,
  options: ExportOptions,
): Promise<ExportResult> {
  const {network = {}, picture, precision} = options;
  const graph = await networkOf(source, network);
  const {files, open} = await write(format, graph, options);
  if (!open) return {files, check: undefined};
  const timestep = source.model.anyTimestep ? QUARTER : MIDDLE;
  const pairs = checkPairs(picture, checkSize(options, graph), timestep, precision === 'fp16');
  return {files, check: await checkExport(source, network, await open(), pairs)};
}
