/** Streams frames from ffmpeg, without holding the whole video. */
import {spawn} from 'node:child_process';
import {ffmpegOnce} from '@rife-train/data/parts';
import {ffmpegMissing} from '@rife-train/errors';

const STDERR_LIMIT = 64 * 1024;

/** How ffmpeg ended. */
interface End {
  exitCode: number | null;
  stderr: string;
}

/** ffmpeg with its output as a stream; it waits while nobody reads. */
export interface FfmpegStream {
  output: AsyncIterable<Buffer>;
  /** @throws RIFE_ERR_DATA_FFMPEG when it can't be started */
  end: Promise<End>;
  /** Ends it. */
  kill(): void;
}

/** Starts ffmpeg. */
export async function startFfmpeg(args: readonly string[]): Promise<FfmpegStream> {
  const binary = await ffmpegOnce();
  const child = spawn(binary, ['-hide_banner', '-nostdin', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString()).slice(-STDERR_LIMIT);
  });
  const end = new Promise<End>((resolve, reject) => {
    child.on('error', error => reject(ffmpegMissing(`"${binary}" can't be started: ${error.message}`)));
    child.on('close', exitCode => resolve({exitCode, stderr}));
  });
  // `end` is awaited after the output; until then a rejection must not count as unhandled.
  end.catch(() => {});
  return {output: child.stdout as AsyncIterable<Buffer>, end, kill: () => void child.kill()};
}

/**
 * Frames of `bytes` bytes each; each is a new buffer. ffmpeg is killed when the reader stops.
 * @param onFault finds the reason when ffmpeg fails or leaves a partial frame
 * @throws the result of `onFault`, after all complete frames; RIFE_ERR_DATA_FFMPEG
 */
export async function* streamFrames(
  args: readonly string[],
  bytes: number,
  onFault: () => Promise<Error>,
): AsyncGenerator<Uint8Array> {
  const {output, end, kill} = await startFfmpeg(args);
  try {
    let frame = new Uint8Array(bytes);
    let filled = 0;
    for await (const chunk of output) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + bytes - filled);
        frame.set(part, filled);
        [at, filled] = [at + part.length, filled + part.length];
        if (filled < bytes) continue;
        yield frame;
        [frame, filled] = [new Uint8Array(bytes), 0];
      }
    }
    const {exitCode} = await end;
    if (exitCode !== 0 || filled > 0) throw await onFault();
  } finally {
    kill();
  }
}
