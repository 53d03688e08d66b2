/**
 * Dense optical flow by polynomial expansion (G. Farneback, SCIA 2003), computed by OpenCV's own
 * code as WebAssembly: docs/decisions/0030-farneback-flow.md.
 */
import {evalFlowSize, evalSizes} from '@rife-train/errors';
import type * as OpenCv from '@techstark/opencv-js';
import type {GreyPicture} from './grey.js';

/** How far each pixel moves: dx and dy in pixels, [H,W,2]. */
export interface Flow {
  width: number;
  height: number;
  data: Float32Array;
}

/**
 * Of one picture. OpenCV's heap is 1 GiB at most, and a flow takes about 85 bytes a pixel. What a
 * flow holds when the heap is full is never freed, so larger pictures are refused before it begins.
 */
const MOST_PIXELS = 10_000_000;

/** Loaded with the first flow, since this takes half a second. */
const openCv = async () => {
  const {default: loading} = await import('@techstark/opencv-js');
  // The module's export is a promise; its types describe what that gives.
  return await (loading as unknown as Promise<typeof OpenCv>);
};

const withMats = <T>(cv: typeof OpenCv, use: (a: OpenCv.Mat, b: OpenCv.Mat, flow: OpenCv.Mat) => T): T => {
  const mats = [new cv.Mat(), new cv.Mat(), new cv.Mat()] as const;
  try {
    return use(...mats);
  } finally {
    for (const mat of mats) mat.delete();
  }
};

function fill(cv: typeof OpenCv, mat: OpenCv.Mat, {width, height, data}: GreyPicture): void {
  mat.create(height, width, cv.CV_32FC1);
  mat.data32F.set(data);
}

/**
 * `calcOpticalFlowFarneback` as XVFI calls it (JihyongOh/XVFI:utils.py): half the size per level, 3
 * levels, windows of 15, 3 iterations, neighbourhoods of 5 with sigma 1.2, no flags.
 * @throws RIFE_ERR_EVAL_SIZES for two sizes, RIFE_ERR_EVAL_FLOW_SIZE for too many pixels
 */
export async function flowBetween(from: GreyPicture, to: GreyPicture): Promise<Flow> {
  const {width, height} = from;
  if (width !== to.width || height !== to.height) throw evalSizes(['previous frame', from], ['frame', to]);
  if (width * height > MOST_PIXELS) throw evalFlowSize(from, MOST_PIXELS);
  const cv = await openCv();
  return withMats(cv, (a, b, flow) => {
    fill(cv, a, from);
    fill(cv, b, to);
    cv.calcOpticalFlowFarneback(a, b, flow, 0.5, 3, 15, 3, 5, 1.2, 0);
    return {width, height, data: flow.data32F.slice()};
  });
}

const {sqrt} = Math;

/** Mean length of a flow, or of the difference of two of one size, in pixels. */
export function meanLength({data}: Flow, minus?: Flow): number {
  const other = minus?.data ?? new Float32Array(data.length);
  let sum = 0;
  for (let i = 0; i < data.length; i += 2) {
    const [dx, dy] = [data[i]! - other[i]!, data[i + 1]! - other[i + 1]!];
    sum += sqrt(dx * dx + dy * dy);
  }
  return (2 * sum) / data.length;
}
