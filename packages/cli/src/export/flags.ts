/** Formats and flags of `rife-train export`. */
import type {FrameFlags, NetworkFlags} from '../predict/flags.js';

export type FormatName = 'onnx' | 'saved-model' | 'tfjs' | 'web' | 'ncnn' | 'hugging-face' | 'pkl';

/** A flag that not every format has. */
type OwnFlag = 'precision' | 'opset' | 'layout' | 'warp' | 'size' | 'license' | 'scale' | 'tta' | 'ensemble';

const PREDICTION = ['scale', 'tta', 'ensemble'] as const;

/** What each format is, and the flags that it has of its own. */
export const FORMATS: Record<FormatName, {words: string; flags: readonly OwnFlag[]}> = {
  onnx: {
    words: 'one .onnx file: ONNX Runtime, vs-mlrt, TensorRT, OpenVINO, DirectML',
    flags: [...PREDICTION, 'precision', 'opset', 'layout', 'warp', 'size'],
  },
  'saved-model': {words: 'TensorFlow, TensorFlow Serving, converters to TFLite', flags: PREDICTION},
  tfjs: {words: 'TensorFlow.js graph model: browsers', flags: [...PREDICTION, 'precision']},
  web: {
    words: 'a page to try it: a static folder for any web server, without network access',
    flags: [...PREDICTION, 'precision'],
  },
  ncnn: {
    words: 'flownet.param and flownet.bin: rife-ncnn-vulkan and what uses it; RIFE 4.x',
    flags: PREDICTION,
  },
  'hugging-face': {words: 'model.safetensors, config.json and a model card', flags: ['license']},
  pkl: {words: 'flownet.pkl as Practical-RIFE and vs-rife load it', flags: []},
};

/** As commander hands them over. */
export interface ExportFlags extends NetworkFlags, Pick<FrameFlags, 'scale' | 'tta' | 'ensemble'> {
  out: string;
  precision?: 'fp32' | 'fp16';
  opset?: number;
  layout?: 'two-inputs' | 'v1' | 'v2';
  warp?: 'gridsample' | 'gather';
  size?: {width: number; height: number};
  license?: string;
  force?: boolean;
}

const OWN: readonly OwnFlag[] = [...FORMATS.onnx.flags, 'license'];

/** A flag that was given and that the format does not have; undefined if there is none. */
export const foreignFlag = (format: FormatName, flags: ExportFlags): string | undefined =>
  OWN.find(name => flags[name] !== undefined && !FORMATS[format].flags.includes(name));
