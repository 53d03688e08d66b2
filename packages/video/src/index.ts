export {probeSource, type SourceVideo, type Span} from './probe/probe.js';
export {
  decodedSize,
  decodeFrames,
  type DecodedFrame,
  type DecodeEnd,
  type DecodeOptions,
} from './pipe/decode.js';
export {nearestRate, parseRate, rateOf, rateText, rateValue, type Rate} from './plan/rate.js';
export {clockOf, OutputTimes, toTick, type Clock, type Position} from './plan/timeline.js';
export {
  noCounts,
  outputsOf,
  type Between,
  type Counts,
  type Output,
  type SourceFrame,
} from './plan/outputs.js';
export {practicalOutputs} from './plan/practicalRife.js';
export {fullScale, likeness, quantized, smallOf, type Pixels} from './scene/likeness.js';
export {chooseEncoder, PRESETS, type ChosenEncoder, type PresetName} from './write/presets.js';
export {SegmentSink, type Segment, type SinkOptions} from './write/sink.js';
export {muxResult} from './write/mux.js';
export {RGB_COLOURS, type Colours} from './colour.js';
