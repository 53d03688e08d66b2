/** Frames to an encoder, written in another thread. */
import {ffmpegOnce, lastLine} from '@rife-train/data/parts';
import {interpolateEncoder} from '@rife-train/errors';
import {receive} from './decode.js';

/** An encoder that takes frames. */
export interface Encoder {
  /**
   * Takes a frame, of which a copy is made; resolves when there is room for the next.
   * @throws RIFE_ERR_INTERPOLATE_ENCODER once it has failed
   */
  write(frame: Uint8Array): Promise<void>;
  /** Resolves when the file is whole. @throws RIFE_ERR_INTERPOLATE_ENCODER */
  finish(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/**
 * Starts ffmpeg with frames as its standard input.
 * @param aheadBytes bytes of frames that may wait
 * @throws RIFE_ERR_DATA_FFMPEG
 */
export async function startEncoder(args: readonly string[], aheadBytes: number): Promise<Encoder> {
  const pipe = receive({kind: 'encode', binary: await ffmpegOnce(), args});
  let waitingBytes = 0;
  const sizes: number[] = [];
  let wake: (() => void) | undefined;
  let failure: Error | undefined;
  const ended = (async () => {
    for await (const message of pipe.all) {
      if (message.kind === 'written') waitingBytes -= sizes.shift()!;
      if (message.kind === 'end') {
        if (message.exitCode !== 0) failure = interpolateEncoder(lastLine(message.log));
        wake?.();
        return;
      }
      wake?.();
    }
  })();
  const check = () => {
    if (failure) throw failure;
  };
  return {
    async write(frame) {
      check();
      sizes.push(frame.byteLength);
      waitingBytes += frame.byteLength;
      pipe.send({kind: 'frame', data: frame});
      while (!failure && waitingBytes > aheadBytes && sizes.length > 1)
        await new Promise<void>(resolve => (wake = resolve));
      check();
    },
    async finish() {
      pipe.send({kind: 'finish'});
      await ended;
      check();
    },
    kill: () => pipe.send({kind: 'stop'}),
  };
}
