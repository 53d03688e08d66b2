/** ONNX Runtime in a thread of its own. */
import {once} from 'node:events';
import {join} from 'node:path';
import {Worker} from 'node:worker_threads';

export type Feed = [name: string, shape: number[], values: Float32Array];

export class OnnxRuntime {
  private readonly worker = new Worker(join(__dirname, 'ortWorker.mjs'));

  /** Feeds that the file does not have are left out. */
  async run(bytes: Uint8Array, feeds: readonly Feed[]): Promise<{shape: number[]; values: Float32Array}> {
    this.worker.postMessage({bytes, feeds});
    const [answer] = (await once(this.worker, 'message')) as [
      {problem?: string; shape: number[]; values: Float32Array},
    ];
    if (answer.problem !== undefined) throw new Error(answer.problem);
    return answer;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
