/**
 * Moves frames between this program and ffmpeg in a thread of its own: a step of the network is one
 * native call, during which the main thread reads and writes nothing.
 */
import {parentPort, workerData} from 'node:worker_threads';
import {startFfmpeg, type FfmpegProcess} from '@rife-train/data/ffmpeg';
import type {PipeJob, FromPipe, ToPipe} from './protocol.js';

const LOG_BYTES = 64 * 1024;
const job = workerData as PipeJob;
const port = parentPort!;
const send = (message: FromPipe, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

/** Ctrl-C must not end it before the last frame. */
const start = () =>
  startFfmpeg(job.args, {binary: job.binary, isOwnGroup: true, readsInput: job.kind === 'encode'});

/** Lines of the log; those of the filter that shows times are passed on. */
class Log {
  text = '';
  private rest = '';

  constructor(private readonly onTime: (time: number) => void) {}

  add(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) {
      const time = /showinfo.*\bn: *\d+ pts: *(-?\d+|NOPTS)/.exec(line)?.[1];
      if (time !== undefined) this.onTime(Number(time));
      else if (!/showinfo/.test(line)) this.text = `${this.text}${line}\n`.slice(-LOG_BYTES);
    }
  }

  get all(): string {
    return this.text + this.rest;
  }
}

/** A count that others wait for. */
class Credits {
  private waiting: (() => void) | undefined;

  constructor(private left: number) {}

  add(): void {
    this.left++;
    this.waiting?.();
  }

  async take(): Promise<void> {
    while (this.left === 0) await new Promise<void>(resolve => (this.waiting = resolve));
    this.left--;
  }
}

/** Ends the thread too: it may wait for something that does not come any more. */
function stop({kill}: FfmpegProcess): void {
  kill();
  process.exit();
}

async function decode(frameBytes: number, ahead: number): Promise<void> {
  const times: number[] = [];
  const log = new Log(time => times.push(time));
  const child = await start();
  const {stdout, stderr, end} = child;
  const credits = new Credits(ahead);
  port.on('message', (message: ToPipe) => {
    if (message.kind === 'taken') credits.add();
    if (message.kind === 'stop') stop(child);
  });
  stderr.on('data', (chunk: Buffer) => log.add(chunk.toString()));
  let [frame, filled] = [new Uint8Array(frameBytes), 0];
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + frameBytes - filled);
      frame.set(part, filled);
      [at, filled] = [at + part.length, filled + part.length];
      if (filled < frameBytes) continue;
      await credits.take();
      // ffmpeg logs a time before it writes the frame, to another pipe.
      while (times.length === 0 && !stderr.readableEnded) await new Promise(resolve => setImmediate(resolve));
      send({kind: 'frame', data: frame.buffer, time: times.shift() ?? NaN}, [frame.buffer]);
      [frame, filled] = [new Uint8Array(frameBytes), 0];
    }
  }
  const {exitCode} = await end;
  send({kind: 'end', exitCode, log: log.all});
}

async function encode(): Promise<void> {
  const log = new Log(() => {});
  const child = await start();
  const input = child.stdin!;
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => log.add(chunk.toString()));
  port.on('message', (message: ToPipe) => {
    if (message.kind === 'frame') input.write(message.data, () => send({kind: 'written'}));
    if (message.kind === 'finish') input.end();
    if (message.kind === 'stop') stop(child);
  });
  const {exitCode} = await child.end;
  send({kind: 'end', exitCode, log: log.all});
}

const run = job.kind === 'decode' ? decode(job.frameBytes, job.ahead) : encode();
run.then(
  () => port.close(),
  (error: unknown) => {
    send({kind: 'end', exitCode: null, log: error instanceof Error ? error.message : String(error)});
    port.close();
  },
);
