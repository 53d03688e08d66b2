/** The parts of tfjs-node's backend and binding that we call; its own types are not exported. */
import type {DataId, DataType, Tensor, TensorInfo} from '@tensorflow/tfjs-core';

/** Attribute of a TensorFlow op, in the binding's form. */
export interface OpAttr {
  name: string;
  type: number;
  value: unknown;
}

export interface TensorMetadata {
  id: number;
  shape: number[];
  dtype: number;
}

/** tfjs_binding.node (tfjs-node/src/tfjs_binding.ts). */
export interface TfBinding {
  createTensor(shape: readonly number[], dtype: number, values: ArrayBufferView): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attrs: OpAttr[], inputIds: number[], numOutputs: number): TensorMetadata[];
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  runSavedModel(id: number, inputIds: number[], inputNames: string, outputNames: string): TensorMetadata[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_INT64: number;
  readonly TF_BOOL: number;
  readonly TF_UINT8: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** What the backend stores for a tensor. */
export interface TensorData {
  shape: number[];
  dtype: number;
  values: ArrayBufferView | null;
  id: number;
  refCount: number;
}

export interface NodeBackend {
  readonly binding: TfBinding;
  readonly isUsingGpuDevice: boolean;
  tensorMap: {get(id: DataId): TensorData; set(id: DataId, data: TensorData): void; has(id: DataId): boolean};
  executeSingleOutput(name: string, attrs: OpAttr[], inputs: TensorInfo[]): Tensor;
  executeMultipleOutputs(name: string, attrs: OpAttr[], inputs: TensorInfo[], numOutputs: number): Tensor[];
  readSync(dataId: DataId): ArrayBufferView;
  getDTypeInteger(dtype: DataType): number;
  numDataIds(): number;
  /**
   * Executes or records an op whose float inputs and output are rounded to bfloat16. Set while a
   * program runs or is captured whose convolutions do that.
   */
  executeInBfloat16?: (name: string, attrs: OpAttr[], inputs: TensorInfo[]) => Tensor;
  getInputTensorIds(tensors: TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
  /** Set while a program is captured whose graph may use our own kernels (native). */
  usesOwnKernels?: boolean;
  /** The same of our own convolutions, which not every processor has. */
  usesOwnConvs?: boolean;
}
