import type {BatchRequest, BatchSource, TrainConfig, TrainerParts} from '@rife-train/core';
import {openBatchSource} from '@rife-train/data';
import {createEngine} from '@rife-train/engine';
import {NETWORKS} from '@rife-train/model';
import {isDebug} from '../reportError.js';
import {readInitial} from '../weights/initial.js';
import {lateEngine} from './lateEngine.js';

/**
 * Engine, model and data of a run: the one place where they meet.
 *
 * @param warn told of clips that are left out, and of the engine's progress when it is installed
 */
export function createParts(config: TrainConfig, warn: (text: string) => void): TrainerParts {
  const {execution, device} = config;
  const engine = lateEngine(() =>
    createEngine({execution, device, ...(isDebug() ? {debug: text => warn(`engine: ${text}`)} : {})}),
  );
  return {
    engine,
    networks: NETWORKS,
    readInitial,
    async openBatches(request: BatchRequest): Promise<BatchSource> {
      const source = await openBatchSource({
        ...request.data,
        seed: request.seed,
        policyAt: request.policyAt,
        shard: request.shard,
        origin: request.origin,
        warn,
      });
      try {
        await engine.load();
      } catch (error) {
        await source.close();
        throw error;
      }
      return source;
    },
  };
}
