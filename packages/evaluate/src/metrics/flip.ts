/** LDR-FLIP: how much two pictures differ to the eye when they take turns on a display. */
import type {Picture} from '../picture/picture.js';
import {colourDistance, LARGEST_DISTANCE, toHuntLab} from './flipColour.js';
import {FlipPicture, lengthDifference} from './flipFilters.js';
import {checkPair} from './rounded.js';
import {tilesOf} from './tiles.js';

const {exp, log, max, SQRT1_2, sqrt} = Math;

/** Distances below are spread over most of 0..1. */
const KNEE = 0.4 * LARGEST_DISTANCE;
const AT_KNEE = 0.95;

const colourError = (distance: number): number =>
  distance < KNEE
    ? (AT_KNEE / KNEE) * distance
    : AT_KNEE + ((1 - AT_KNEE) * (distance - KNEE)) / (LARGEST_DISTANCE - KNEE);

/** Hands out rows of the map, `values[0 .. count]` from the pixel `at` on. */
function eachRow(
  prediction: Picture,
  gt: Picture,
  take: (values: Float64Array, at: number, count: number) => void,
): void {
  checkPair(prediction, gt);
  const {height, width} = gt;
  const pair = [new FlipPicture(prediction), new FlipPicture(gt)] as const;
  const labs = [new Float64Array(width * 3), new Float64Array(width * 3)] as const;
  const values = new Float64Array(width);
  for (const tile of tilesOf({top: 0, left: 0, height, width})) {
    for (const picture of pair) picture.read(tile);
    for (let y = 0; y < tile.height; y++) {
      const [a, b] = [pair[0].filtered(y), pair[1].filtered(y)];
      toHuntLab(a.colours, tile.width, labs[0]);
      toHuntLab(b.colours, tile.width, labs[1]);
      for (let x = 0; x < tile.width; x++) {
        const colour = colourError(colourDistance(labs[0], labs[1], 3 * x));
        const edge = lengthDifference(a.edges, b.edges, x);
        const feature = sqrt(SQRT1_2 * max(edge, lengthDifference(a.points, b.points, x)));
        // A power: colour ^ (1 - feature).
        values[x] = colour > 0 ? exp((1 - feature) * log(colour)) : 0;
      }
      take(values, (tile.top + y) * width + tile.left, tile.width);
    }
  }
}

/**
 * Mean of the LDR-FLIP map (Andersson et al. 2020; NVlabs/flip:src/cpp/FLIP.h), from 0 for
 * identical pictures to 1. Seen at 67 pixels a degree: 0.7 m before a display of 3840 pixels and
 * 0.7 m.
 * @param prediction within 0..1
 * @throws RIFE_ERR_EVAL_SIZES
 */
export function flip(prediction: Picture, gt: Picture): number {
  let sum = 0;
  eachRow(prediction, gt, (values, _, count) => {
    for (let x = 0; x < count; x++) sum += values[x]!;
  });
  return sum / (gt.height * gt.width);
}

/** The map itself, [H,W] in 0..1. */
export function flipMap(prediction: Picture, gt: Picture): Float32Array {
  const map = new Float32Array(gt.height * gt.width);
  eachRow(prediction, gt, (values, at, count) => map.set(values.subarray(0, count), at));
  return map;
}
