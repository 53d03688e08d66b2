/** Streams frames from ffmpeg, without holding the whole video. */
import {startFfmpeg} from '@rife-train/data/parts';

/**
 * Frames of `bytes` bytes each; each is a new buffer. ffmpeg is killed when the reader stops.
 * @param onFault finds the reason when ffmpeg fails or leaves a partial frame
 * @throws the result of `onFault`, after all complete frames; RIFE_ERR_DATA_FFMPEG, _STUCK
 */
export async function* streamFrames(
  args: readonly string[],
  bytes: number,
  onFault: () => Promise<Error>,
): AsyncGenerator<Uint8Array> {
  const {stdout, end, kill} = await startFfmpeg(args);
  try {
    let frame = new Uint8Array(bytes);
    let filled = 0;
    for await (const chunk of stdout as AsyncIterable<Buffer>) {
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
