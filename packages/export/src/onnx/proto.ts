/** onnx-proto is a CommonJS module, whose names Node finds only on its default export. */
import proto from 'onnx-proto';

export const {onnx} = proto;
export type {onnx as Onnx} from 'onnx-proto';
