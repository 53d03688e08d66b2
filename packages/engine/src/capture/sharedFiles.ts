/**
 * Variables of a captured program in files that processes share, by the ops of
 * native/sharedFiles.cc.
 */
import type {SharedFiles} from '@rife-train/core';
import {sharedFileFailed} from '@rife-train/errors';
import type {OpAttr, TfBinding} from '../runtime/nodeBackend.js';
import {hasFileOps} from './ownKernels.js';

/** What the program provides; tensors are disposed when these functions return. */
export interface VariableTensors {
  /** Hands tensors of the variables' own memory to `use`. */
  withValues(variables: readonly string[], use: (tensors: number[]) => void): void;
  /** Copies tensors into variables. */
  setValues(variables: readonly string[], tensors: readonly number[]): void;
  shapeOf(variable: string): readonly number[];
}

/** @returns undefined if the binding can't do it, or must not use own kernels */
export function sharedFilesOf(binding: TfBinding, tensors: VariableTensors): SharedFiles | undefined {
  if (!hasFileOps(binding)) return undefined;
  const execute = (
    op: string,
    attrs: Record<string, number | number[]>,
    inputs: number[],
    outputs: number,
  ): number[] => {
    const list = Object.entries(attrs).map(([name, value]): OpAttr => ({
      name,
      type: binding.TF_ATTR_INT,
      value,
    }));
    try {
      return binding.executeOp(op, list, inputs, outputs).map(({id}) => id);
    } catch (error) {
      throw sharedFileFailed(op, error);
    }
  };
  const using = <T>(ids: number[], use: (ids: number[]) => T): T => {
    try {
      return use(ids);
    } finally {
      ids.forEach(id => binding.deleteTensor(id));
    }
  };
  return {
    write(variables, file) {
      tensors.withValues(variables, ids => void execute('RifeToFile', {N: ids.length, file}, ids, 0));
    },
    read(variables, file) {
      const shapes = variables.flatMap(name => [...tensors.shapeOf(name), -1]);
      const attrs = {N: variables.length, file, shapes};
      using(execute('RifeFromFile', attrs, [], variables.length), ids => tensors.setValues(variables, ids));
    },
    mean(files, into, from, to) {
      const attrs = {files: [...files], into, from, to};
      return using(execute('RifeMeanOfFiles', attrs, [], 1), ([id]) => {
        const halves = binding.tensorDataSync(id!) as Int32Array;
        return new Float64Array(halves.buffer, halves.byteOffset, 1)[0]!;
      });
    },
    forget(files) {
      files.forEach(file => execute('RifeForgetFile', {file}, [], 0));
    },
  };
}
