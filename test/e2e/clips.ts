/** Clips made by ffmpeg, the interpolation of them, and what is in the result. */
import {execFileSync} from 'node:child_process';
import {findFfmpeg} from '@rife-train/data';
import {createModel} from '@rife-train/model';
import {writeWeights, type WeightTensor} from '@rife-train/model/weights';
import {type CliResult, type Project, runCli} from './support.js';

let binary: string;

/** Runs ffmpeg and returns its standard output. */
export async function ffmpeg(...args: string[]): Promise<Buffer> {
  binary ??= await findFfmpeg();
  return execFileSync(binary, ['-v', 'error', '-nostdin', '-y', ...args], {maxBuffer: 2 ** 28});
}

/** What ffmpeg prints about a file. */
export async function about(path: string): Promise<string> {
  binary ??= await findFfmpeg();
  try {
    return execFileSync(binary, ['-hide_banner', '-i', path], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    return (error as {stderr: string}).stderr;
  }
}

/** Fresh weights of a small network, as a file of the project. */
export async function smallNetwork(project: Project, name: 'IFNet' | 'IFNet_m'): Promise<string> {
  const model = createModel({name, scales: [4, 2, 1], widths: [16, 12, 8]});
  const values = model.initialize(7);
  const tensorOf = (spec: (typeof model.parameters)[number]): [string, WeightTensor] => {
    const bytes = new Uint8Array(model.toFile(spec.name, values.get(spec.name)!).buffer);
    return [spec.name, {dtype: 'F32', shape: [...spec.fileShape], bytes}];
  };
  const file = `${name}.safetensors`;
  await writeWeights(project.path(file), new Map(model.parameters.map(tensorOf)), {format: 'safetensors'});
  return file;
}

export const interpolate = (project: Project, ...args: string[]): Promise<CliResult> =>
  runCli(project.folder, ['interpolate', ...args]);

/** Runs it, and expects that it succeeds. */
export async function interpolated(project: Project, ...args: string[]): Promise<string> {
  const {code, stdout, stderr} = await interpolate(project, ...args);
  expect({code, stderr}).toMatchObject({code: 0});
  return stdout;
}

/** Frames as bytes of one pixel format, decoded with an explicit matrix. */
export async function framesOf(
  path: string,
  size: {width: number; height: number},
  {matrix, pixels = 'bgr24', bytes = 3}: {matrix?: string; pixels?: string; bytes?: number} = {},
): Promise<Buffer[]> {
  const scale = `scale=${matrix ? `in_color_matrix=${matrix}:in_range=tv:` : ''}flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp`;
  const raw = await ffmpeg(
    '-i',
    path,
    '-map',
    '0:v:0',
    '-vf',
    `${scale},format=${pixels}`,
    '-vsync',
    '0',
    '-f',
    'rawvideo',
    '-',
  );
  const length = size.width * size.height * bytes;
  expect(raw.length % length).toBe(0);
  return Array.from({length: raw.length / length}, (_, i) => raw.subarray(i * length, (i + 1) * length));
}

/** Presentation times in seconds, ascending. */
export async function timesOf(path: string, stream = '0:v:0'): Promise<number[]> {
  const text = (
    await ffmpeg('-copyts', '-i', path, '-map', stream, '-c', 'copy', '-f', 'framecrc', '-')
  ).toString();
  const [, over, under] = /#tb 0: (\d+)\/(\d+)/.exec(text)!;
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => (Number(line.split(',')[2]) * Number(over)) / Number(under)).sort((a, b) => a - b);
}
