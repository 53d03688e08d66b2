/** Runs ffmpeg to its end. */
import {startFfmpeg} from './ffmpegProcess.js';

/** How a run of ffmpeg ended. */
export interface FfmpegResult {
  /** Exit code; null if it was killed by a signal. */
  exitCode: number | null;
  /** Bytes of its standard output. */
  bytes: number;
  stderr: string;
}

/** Copies chunks into a buffer, one after another; a surplus is dropped. */
export function into(output: Uint8Array): (chunk: Uint8Array) => void {
  let bytes = 0;
  return chunk => {
    const room = Math.min(chunk.length, output.length - bytes);
    output.set(chunk.subarray(0, room), bytes);
    bytes += room;
  };
}

/**
 * Runs ffmpeg and passes its standard output to `onOutput`. If that throws, ffmpeg is killed.
 * @throws RIFE_ERR_DATA_FFMPEG when it can't be started, RIFE_ERR_DATA_STUCK when it hangs, and
 * what `onOutput` throws
 */
export async function runFfmpeg(
  args: readonly string[],
  onOutput: (chunk: Uint8Array) => void = () => {},
): Promise<FfmpegResult> {
  const {stdout, end, kill} = await startFfmpeg(args);
  let bytes = 0;
  const failed = new Promise<never>((_, reject) => {
    stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        onOutput(chunk);
      } catch (error) {
        stdout.destroy();
        kill();
        reject(error as Error);
      }
    });
  });
  const {exitCode, stderr} = await Promise.race([end, failed]);
  return {exitCode, bytes, stderr};
}
