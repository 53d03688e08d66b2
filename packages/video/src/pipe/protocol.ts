/** Messages between the main thread and a pipe's thread. */
interface Tool {
  binary: string;
  args: readonly string[];
}

export type PipeJob =
  | (Tool & {kind: 'decode'; frameBytes: number; /** Frames that may wait. */ ahead: number})
  | (Tool & {kind: 'encode'});

export type FromPipe =
  | {kind: 'frame'; data: ArrayBuffer; /** In units of the filters' time base. */ time: number}
  | {kind: 'written'}
  | {kind: 'end'; exitCode: number | null; log: string};

export type ToPipe = {kind: 'taken'} | {kind: 'frame'; data: Uint8Array} | {kind: 'finish'} | {kind: 'stop'};
