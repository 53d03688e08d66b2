/** Short runs of ffmpeg, and its arguments for frames in and out. */
import {spawn} from 'node:child_process';
import {ffmpegOnce} from '@rife-train/data/parts';
import {ffmpegMissing} from '@rife-train/errors';

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
 * @throws RIFE_ERR_DATA_FFMPEG when it can't be started
 */
export async function runTool(args: readonly string[], onLine?: (line: string) => void): Promise<ToolResult> {
  const binary = await ffmpegOnce();
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ['-hide_banner', '-nostdin', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      detached: process.platform !== 'win32',
    });
    const text = {stdout: '', stderr: ''};
    child.stdout.on('data', (chunk: Buffer) => {
      text.stdout += chunk.toString('latin1');
      if (!onLine) return;
      const lines = text.stdout.split('\n');
      text.stdout = lines.pop()!;
      lines.forEach(onLine);
    });
    child.stderr.on(
      'data',
      (chunk: Buffer) => (text.stderr = (text.stderr + chunk.toString()).slice(-LOG_BYTES)),
    );
    child.on('error', error => reject(ffmpegMissing(`"${binary}" can't be started: ${error.message}`)));
    child.on('close', exitCode => resolve({exitCode, ...text}));
  });
}
