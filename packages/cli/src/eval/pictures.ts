/** Pictures of the worst and best frames, for the report. */
import type {FrameOptions} from '@rife-train/core';
import {
  extremeFrames,
  framesAt,
  padded,
  readFrame,
  type EvalResult,
  type FramePictures,
  type FrameSource,
  type FrameResult,
  type Pair,
  type Picture,
  type Target,
} from '@rife-train/evaluate';
import sharp from 'sharp';
import {flowToRgb, longestFlow} from '../preview/colourWheel.js';
import {bgrToRgb, ERROR_GAIN, errorMap} from '../preview/panels.js';
import type {Opened, OpenedNetworks} from './networks.js';
import type {Plan} from './plan.js';

/** Longer sides are made smaller, and the page with them. */
const MOST_SIDE = 1280;

interface Rgb {
  width: number;
  height: number;
  rgb: Uint8Array;
}

const rgbOf = ({width, height, data}: Picture): Rgb => ({
  width,
  height,
  rgb: bgrToRgb(data, 3, 0, data instanceof Uint8Array ? 1 : 255),
});

async function uriOf({width, height, rgb}: Rgb): Promise<string> {
  const image = sharp(rgb, {raw: {width, height, channels: 3}});
  const small = image.resize({width: MOST_SIDE, height: MOST_SIDE, fit: 'inside', withoutEnlargement: true});
  return `data:image/webp;base64,${(await small.webp({quality: 90}).toBuffer()).toString('base64')}`;
}

/** Where a frame of the result is in the set. */
function placeOf(pairs: readonly Pair[], {pair: id, target: name}: FrameResult): [Pair, Target] {
  const pair = pairs.find(one => one.id === id)!;
  return [pair, pair.targets.find(target => target.id === name)!];
}

/** Flow from the frame to img0, without the padding of a protocol; none of repeated middles. */
async function flowAt(
  {predictor, maker, options}: Opened,
  pair: readonly [Picture, Picture],
  t: number,
): Promise<Float32Array | undefined> {
  if (!maker.anyTimestep && t !== 0.5) return undefined;
  const details: FrameOptions = {...options, details: true};
  return (await predictor.predict(...pair, t, details)).flow;
}

/** Flow to img0 in colours. */
async function flowPicture(flow: Float32Array, {width, height}: Picture) {
  const pixels = longestFlow(flow, 4, 0);
  return {uri: await uriOf({width, height, rgb: flowToRgb(flow, 4, 0, pixels)}), pixels};
}

/** Pictures of one frame. */
async function picturesAt(
  {set: {view, pairs}, protocol}: Plan,
  frame: FrameResult,
  {network, against}: OpenedNetworks,
  isTiled: boolean,
): Promise<FramePictures> {
  const [pair, {source, t, id}] = placeOf(pairs, frame);
  const {padding, chroma = 'bicubic'} = protocol;
  const read = (from: FrameSource) => readFrame(from, view, {chroma});
  const [img0, img1, gt] = [await read(pair.img0), await read(pair.img1), await read(source)];
  const {width, height} = gt;
  const pad = (picture: Picture) => (padding ? padded(picture, padding) : picture);
  const inputs = {img0: pad(img0), img1: pad(img1), width, height};
  const made = async ({maker}: Opened) => {
    const frames = framesAt(maker, inputs, [t], pair.gap, protocol);
    return rgbOf({width, height, data: (await frames.next()).value as Float32Array});
  };
  const [prediction, target] = [await made(network), rgbOf(gt)];
  const flow = isTiled ? undefined : await flowAt(network, [img0, img1], t);
  return {
    target: id,
    img0: await uriOf(rgbOf(img0)),
    gt: await uriOf(target),
    prediction: await uriOf(prediction),
    ...(against && {against: await uriOf(await made(against))}),
    error: await uriOf({...target, rgb: errorMap(prediction.rgb, target.rgb)}),
    errorGain: ERROR_GAIN,
    ...(flow && {flow: await flowPicture(flow, gt)}),
  };
}

/**
 * Pictures of the worst and best frames by the protocol's first metric, which are predicted again.
 */
export async function picturesOf(
  plan: Plan,
  result: EvalResult,
  networks: OpenedNetworks,
  isTiled: boolean,
): Promise<FramePictures[]> {
  const {worst, best} = extremeFrames(result);
  const pictures: FramePictures[] = [];
  for (const frame of [...worst, ...best]) pictures.push(await picturesAt(plan, frame, networks, isTiled));
  return pictures;
}
