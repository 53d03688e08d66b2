/**
 * How each method names faults, from what was measured: the frames that it names, and whether it
 * hits the planted one.
 */
import {DECIMATE, FREEZE_NOISE} from './filterRuns.mjs';

const SCENE = [2, 4, 6, 8, 10, 12, 15, 20, 25];
const BLUR = [1.2, 1.5, 2, 2.5, 3];

const span = ([first, end]) => Array.from({length: Math.max(0, end - first)}, (_, i) => first + i);
const above = (scores, threshold) => [...scores.keys()].filter(i => scores[i] > threshold);
const median = list => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Of a clip: the frame that was planted is named, or the clip as a whole. */
const clipMethod = (kind, name, frames, more = {}) => ({
  ...{kind, name, frames, ...more},
  hits: (item, threshold) => {
    const named = frames(item, threshold);
    return item.fault.frame === undefined ? named.length > 0 : named.includes(item.fault.frame);
  },
});

/** A clip that stands still repeats its frames. */
const STILL = {allowed: ['static']};

const ours = (kind, more) =>
  clipMethod(
    kind,
    'ours',
    ({ours: found}) => found.filter(one => one.kind === kind).map(({frame = 0}) => frame),
    more,
  );

/** A freeze is static only if it lasts to the last frame. */
const whole = ({measured: {frames, still}}, noise) =>
  still[noise].filter(([first, end]) => first === 0 && end >= frames);

export const CLIP_METHODS = [
  ours('cut'),
  clipMethod('cut', 'scdet', ({measured}, threshold) => above(measured.scene, threshold), {
    ...{thresholds: SCENE, preset: 10},
  }),
  ours('static'),
  clipMethod('static', 'freezedetect', whole, {thresholds: FREEZE_NOISE, preset: '0.001'}),
  ours('repeated-frame', STILL),
  clipMethod('repeated-frame', 'mpdecimate', ({measured}, options) => measured.dropped[options], {
    ...{thresholds: DECIMATE, preset: DECIMATE[0], ...STILL},
  }),
  clipMethod(
    'repeated-frame',
    'freezedetect',
    ({measured}, noise) => measured.repeated[noise].flatMap(([first, end]) => span([first + 1, end])),
    {thresholds: FREEZE_NOISE, preset: '0.001', ...STILL},
  ),
  ours('black-frame'),
  clipMethod('black-frame', 'blackdetect', ({measured}) => measured.black.flatMap(span)),
  ours('odd-frame'),
  ours('flash'),
];

/** Of a video: at least half of the planted frames are named. */
const videoMethod = (kind, name, frames, more = {}) => ({
  ...{kind, name, frames, ...more},
  hits: (item, threshold) => {
    const {first, end} = item.fault;
    const named = frames(item, threshold).filter(frame => frame >= first && frame < end);
    return 2 * named.length >= end - first;
  },
});

/** Faults that show the same thing: a fade through black is black in its middle. */
const BLACK = {allowed: ['fade through black', 'black part']};

/** Frames that a build leaves out for one of some reasons. */
const leftOut =
  (...reasons) =>
  ({ours: spans}) =>
    spans
      .filter(({reason}) => reasons.includes(reason))
      .flatMap(({first, frames}) => span([first, first + frames]));

export const VIDEO_METHODS = [
  videoMethod('dissolve', 'ours', leftOut('fade'), BLACK),
  videoMethod('fade through black', 'ours', leftOut('fade', 'black', 'flat'), {
    allowed: ['dissolve', ...BLACK.allowed],
  }),
  videoMethod('fade through black', 'blackdetect', ({measured}) => measured.black.flatMap(span), BLACK),
  videoMethod('black part', 'ours', leftOut('black', 'flat'), BLACK),
  videoMethod('black part', 'blackdetect', ({measured}) => measured.black.flatMap(span), BLACK),
  videoMethod('static part', 'ours', leftOut('static'), {allowed: ['black part']}),
  videoMethod('static part', 'freezedetect', ({measured}, noise) => measured.still[noise].flatMap(span), {
    ...{thresholds: FREEZE_NOISE, preset: '0.001', allowed: ['black part']},
  }),
  videoMethod('blurred part', 'ours', leftOut('blurred')),
  videoMethod(
    'blurred part',
    'blurdetect, times the median:',
    ({measured: {blur}}, factor) => above(blur, factor * median(blur)),
    {thresholds: BLUR},
  ),
];
