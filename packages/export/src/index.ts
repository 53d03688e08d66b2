/** Public API of @rife-train/export. */
export {exportNetwork, type ExportFormat, type ExportOptions, type ExportResult} from './export.js';
export type {CheckReport} from './check/check.js';
export {networkOf, type ExportSource, type NetworkOptions} from './network/network.js';
export type {NetworkGraph} from './network/graph.js';
export {writeOnnx, type OnnxOptions} from './onnx/write.js';
export type {OnnxLayout} from './onnx/layout.js';
export type {OnnxWarp} from './onnx/warp.js';
export type {Precision} from './onnx/builder.js';
export {writeNcnn} from './ncnn/write.js';
export {writeSavedModel} from './tensorflow/savedModel.js';
export {writeGraphModel, type Files, type GraphModelOptions} from './tensorflow/graphModel.js';
