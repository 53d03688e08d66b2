/** Pictures of the worst and best frames, for the report. */
import {
  cropBack,
  extremeFrames,
  framesAt,
  padded,
  readFrame,
  type EvalResult,
  type FramePictures,
  type FrameSource,
  type Padding,
  type PaddedPair,
  type FrameResult,
  type Pair,
  type Picture,
  type Protocol,
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

/** A frame, and the flow that it was made by, where one pass gives both. */
interface Made {
  prediction: Rgb;
  flow?: {uri: string; pixels: number};
}

/** Where a frame is between its inputs. */
interface Time {
  t: number;
  gap: number;
}

/** One pass that gives the frame and its flow to img0. */
async function madeWithFlow(
  {predictor, options}: Opened,
  {img0, img1, ...size}: PaddedPair,
  {t, gap}: Time,
  padding: Padding | undefined,
): Promise<Made> {
  const asked = {...options, gap, details: true};
  const {refined, flow, width, height} = await predictor.predict(img0, img1, t, asked);
  const inside = (picture: Picture) => (padding ? cropBack(picture, padding, size) : picture);
  const pixels = longestFlow(flow!, 4, 0);
  const colours = inside({width, height, data: flowToRgb(flow!, 4, 0, pixels)});
  return {
    prediction: rgbOf(inside({width, height, data: refined})),
    flow: {uri: await uriOf({...size, rgb: colours.data as Uint8Array}), pixels},
  };
}

/** The frame, made as it was when it was scored. */
async function madeAgain(
  {maker}: Opened,
  inputs: PaddedPair,
  {t, gap}: Time,
  protocol: Protocol,
): Promise<Rgb> {
  const frames = framesAt(maker, inputs, [t], gap, protocol);
  const {width, height} = inputs;
  return rgbOf({width, height, data: (await frames.next()).value as Float32Array});
}

/** As {@link madeAgain}, with the flow where that is one pass over whole frames. */
async function explained(
  network: Opened,
  inputs: PaddedPair,
  time: Time,
  protocol: Protocol,
  isTiled: boolean,
): Promise<Made> {
  const isDirect = time.t === 0.5 || (network.maker.anyTimestep && protocol.times !== 'midpoints');
  if (isDirect && !isTiled && protocol.channels !== 'rgb')
    return madeWithFlow(network, inputs, time, protocol.padding);
  return {prediction: await madeAgain(network, inputs, time, protocol)};
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
  const time = {t, gap: pair.gap};
  const {prediction, flow} = await explained(network, inputs, time, protocol, isTiled);
  const target = rgbOf(gt);
  return {
    target: id,
    img0: await uriOf(rgbOf(img0)),
    gt: await uriOf(target),
    prediction: await uriOf(prediction),
    ...(against && {against: await uriOf(await madeAgain(against, inputs, time, protocol))}),
    error: await uriOf({...target, rgb: errorMap(prediction.rgb, target.rgb)}),
    errorGain: ERROR_GAIN,
    ...(flow && {flow}),
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
