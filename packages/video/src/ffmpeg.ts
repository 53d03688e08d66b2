/** Short runs of ffmpeg. */
import {startFfmpeg} from '@rife-train/data/ffmpeg';

/** How ffmpeg ended. */
export interface ToolResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Bytes of text that are kept of a long log: its end. */
const LOG_BYTES = 1 << 20;

/**
 * Runs ffmpeg to its end. Ctrl-C does not reach it: the command decides what is finished.
 * @param onLine receives the lines of standard output, which are not kept then
 * @throws RIFE_ERR_DATA_FFMPEG when it can't be started, RIFE_ERR_DATA_STUCK when it hangs
 */
export async function runTool(args: readonly string[], onLine?: (line: string) => void): Promise<ToolResult> {
  const {stdout, stderr, end} = await startFfmpeg(args, {isOwnGroup: true});
  const text = {stdout: '', stderr: ''};
  stdout.on('data', (chunk: Buffer) => {
    text.stdout += chunk.toString('latin1');
    if (!onLine) return;
    const lines = text.stdout.split('\n');
    text.stdout = lines.pop()!;
    lines.forEach(onLine);
  });
  stderr.on('data', (chunk: Buffer) => (text.stderr = (text.stderr + chunk.toString()).slice(-LOG_BYTES)));
  const {exitCode} = await end;
  return {exitCode, ...text};
}
