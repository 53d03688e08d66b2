import {besideText} from '@rife-train/core';
import {printable} from '@rife-train/errors';
import {bar, duration, figure, fit, gapRange, rate} from './format.js';
import type {ProgressView} from './meter.js';

/** Two lines for a terminal of `width` columns, and a third once there was a validation. */
export function progressLines(view: ProgressView, width: number): string[] {
  const fraction = view.done / view.steps;
  const state = [stepOf(view), percent(fraction), speed(view), eta(view), skipped(view)];
  const terse = fit(state, width);
  // The bar takes what the words leave.
  const room = Math.min(BAR.most, width - terse.length - 2);
  return [
    room < BAR.least ? terse : fit([bar(fraction, room), ...state], width),
    fit([`loss ${figure(view.loss)}`, ...terms(view), learningRate(view), gaps(view)], width),
    ...(view.validated ? [fit(scores(view), width)] : []),
  ];
}

/** Columns of a progress bar. */
const BAR = {least: 10, most: 32};

/** One line for a log file. */
export function plainLine(view: ProgressView): string {
  return [
    stepOf(view),
    `loss ${figure(view.loss)}`,
    ...terms(view),
    learningRate(view),
    gaps(view),
    ...scores(view),
    speed(view),
    eta(view),
    skipped(view),
  ]
    .filter(text => text !== '')
    .join('  ');
}

const stepOf = ({done, steps}: ProgressView) =>
  `step ${String(done).padStart(String(steps).length)}/${steps}`;
const percent = (fraction: number) => `${Math.floor(fraction * 100)}%`;
const speed = ({imagesPerSecond}: ProgressView) =>
  Number.isFinite(imagesPerSecond) ? `${figure(imagesPerSecond)} images/s` : '';
const eta = ({etaMs}: ProgressView) => (Number.isFinite(etaMs) ? `ETA ${duration(etaMs)}` : '');
const skipped = ({skipped: count}: ProgressView) => (count > 0 ? `skipped ${count}` : '');
const learningRate = (view: ProgressView) => `lr ${rate(view.learningRate)}`;
const scores = ({validated}: ProgressView) =>
  validated
    ? [
        `PSNR ${validated.psnr.toFixed(2)} (${besideText(validated.psnr, validated.inputsPsnr)})`,
        `best ${validated.best.psnr.toFixed(2)} at step ${validated.best.step}`,
      ]
    : [];
const gaps = ({minGap, maxGap}: ProgressView) => gapRange(minGap, maxGap);

/** Terms are named in full; a plugin's own come after the model's. */
const terms = (view: ProgressView) =>
  Object.entries(view.terms).map(([name, value]) => `${printable(name)} ${figure(value)}`);
