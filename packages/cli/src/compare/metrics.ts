/** The second reading of metrics.jsonl: what a run has done, in bounded memory. */
import {printable} from '@rife-train/errors';
import {numberOfJson} from '@rife-train/files';
import {eachLine, isObject, isStep, objectIn, type Line} from './lines.js';
import {Bins, binWidth, type Point, RollingMean, RoughMedian} from './series.js';
import {limits, type Survey} from './survey.js';

type Json = Record<string, unknown>;

/** Steps that a mean loss is over. */
export const LOSS_WINDOW = 100;
/** Loss terms and scores of a run, at most: a plugin may name one after each step. */
const MOST_NAMES = 40;
/** Events of a run that are drawn. */
const MOST_MARKS = 200;

/** A score of validations, in dB for PSNR. */
export interface Score {
  last: number;
  lastStep: number;
  /** The highest, and the first step that has it. */
  best: number;
  bestStep: number;
  /** That of the mean of the two inputs on the same triplets; NaN if not known. */
  baseline: number;
  points: Point[];
}

/** An event at a step. */
export interface Mark {
  step: number;
  event: string;
  text: string;
}

/** What metrics.jsonl says. */
export interface Metrics {
  /** Steps that are done, and samples in them. */
  steps: number;
  examples: number;
  /** Median of the steps; NaN if not known. */
  imagesPerSecond: number;
  learningRate: number;
  /** Mean loss of the last steps, of so many; NaN without. */
  lastLoss: {mean: number; count: number};
  /** The lowest mean loss of 100 steps in a row, and the last of these. */
  lowestLoss: {mean: number; step: number} | undefined;
  /** Steps without update, those that were repeated later included. */
  notFinite: number;
  refused: number;
  /** Events by name, without validations. */
  events: Map<string, number>;
  marks: Mark[];
  loss: Point[];
  terms: Map<string, Point[]>;
  rate: Point[];
  gradNorm: Point[];
  scores: Map<string, Score>;
  notes: string[];
}

/** The same triplets have the same baseline, up to rounding on another machine. */
export const isSameBaseline = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a));

type GrowingScore = Omit<Score, 'points'> & {bins: Bins};

/** Takes lines one by one. */
export class MetricsReading {
  private readonly width: number;
  private readonly limitAt: (line: number) => number;
  private readonly loss: Bins;
  private readonly rate: Bins;
  private readonly gradNorm: Bins;
  private readonly terms = new Map<string, Bins>();
  private readonly scores = new Map<string, GrowingScore>();
  private readonly speed = new RoughMedian();
  private readonly rolling = new RollingMean(LOSS_WINDOW);
  private readonly events = new Map<string, number>();
  private readonly marks: Mark[] = [];
  private readonly notes = new Set<string>();
  private readonly damaged = {count: 0, first: 0};
  private steps = 0;
  private examples = 0;
  private learningRate = NaN;
  private notFinite = 0;
  private refused = 0;

  constructor(survey: Survey) {
    this.width = binWidth(survey.last + 1);
    this.limitAt = limits(survey);
    [this.loss, this.rate, this.gradNorm] = [this.newBins(), this.newBins(), this.newBins()];
  }

  take(line: Line): void {
    const record = objectIn(line);
    const {step, event} = record ?? {};
    if (record && typeof event === 'string') this.takeEvent(record, event, line.number);
    else if (record && isStep(step)) this.takeStep(record, step, line.number);
    else if (!line.torn && line.bytes?.length !== 0 && this.damaged.count++ === 0)
      this.damaged.first = line.number;
  }

  private newBins(): Bins {
    return new Bins(this.width);
  }

  private takeStep(record: Json, step: number, line: number): void {
    const [loss, gradNorm, ms] = ['loss', 'gradNorm', 'stepMs'].map(name => numberOfJson(record[name]));
    const images = Array.isArray(record['perSample']) ? record['perSample'].length : 0;
    const isApplied = record['updated'] !== false;
    const isFinite = Number.isFinite(loss) && (record['gradNorm'] === undefined || Number.isFinite(gradNorm));
    if (!isFinite) this.notFinite++;
    else if (!isApplied) this.refused++;
    if (!isFinite) this.mark(step, 'not finite', `loss ${loss}, gradient norm ${gradNorm}`);
    this.speed.add((1000 * images) / ms!);
    if (step >= this.limitAt(line)) return;
    this.steps = step + 1;
    this.examples += images;
    this.learningRate = numberOfJson(record['learningRate']);
    this.rate.add(step, this.learningRate);
    this.loss.add(step, loss!);
    this.gradNorm.add(step, gradNorm!);
    this.rolling.add(step, loss!);
    for (const [name, value] of Object.entries(isObject(record['terms']) ? record['terms'] : {}))
      this.entry(this.terms, name, () => this.newBins())?.add(step, numberOfJson(value));
  }

  private takeEvent(record: Json, event: string, line: number): void {
    const step = isStep(record['step']) ? record['step'] : undefined;
    if (event === 'validate') {
      // Weights of the step that a rollback returns to are those that were validated.
      if (step !== undefined && step <= this.limitAt(line)) this.takeScores(record, step);
      return;
    }
    const name = printable(event).slice(0, 40);
    if (this.events.has(name) || this.events.size < MOST_NAMES)
      this.events.set(name, (this.events.get(name) ?? 0) + 1);
    const {event: _event, step: _step, ...facts} = record;
    if (step !== undefined) this.mark(step, name, JSON.stringify(facts).slice(1, -1).slice(0, 200));
  }

  private takeScores({scores, baselines}: Json, step: number): void {
    for (const [name, value] of Object.entries(isObject(scores) ? scores : {})) {
      const last = numberOfJson(value);
      const baseline = numberOfJson(isObject(baselines) ? baselines[name] : undefined);
      const score = this.entry(this.scores, name, () => this.newScore(baseline));
      if (!score) continue;
      if (
        Number.isFinite(baseline) &&
        Number.isFinite(score.baseline) &&
        !isSameBaseline(score.baseline, baseline)
      ) {
        this.notes.add(`other triplets are validated from step ${step} on: earlier scores are left out`);
        Object.assign(score, this.newScore(baseline));
      }
      Object.assign(score, {last, lastStep: step});
      if (last > score.best) Object.assign(score, {best: last, bestStep: step});
      score.bins.add(step, last);
    }
  }

  private newScore(baseline: number): GrowingScore {
    return {last: NaN, lastStep: 0, best: -Infinity, bestStep: 0, baseline, bins: this.newBins()};
  }

  private entry<T>(all: Map<string, T>, name: string, make: () => T): T | undefined {
    if (!all.has(name)) {
      if (all.size === MOST_NAMES) {
        this.notes.add(`only the first ${MOST_NAMES} loss terms and scores are read`);
        return undefined;
      }
      all.set(name, make());
    }
    return all.get(name);
  }

  private mark(step: number, event: string, text: string): void {
    if (this.marks.length < MOST_MARKS) this.marks.push({step, event, text});
    else this.notes.add(`only the first ${MOST_MARKS} events are drawn`);
  }

  result(): Metrics {
    const {steps, examples, learningRate, notFinite, refused, events, marks, rolling, damaged} = this;
    const notes = [...this.notes];
    if (damaged.count > 0)
      notes.push(
        `${damaged.count} damaged lines of metrics.jsonl are left out, the first is line ${damaged.first}`,
      );
    return {
      ...{steps, examples, learningRate, notFinite, refused, events, marks, notes},
      imagesPerSecond: this.speed.median,
      lastLoss: {mean: rolling.mean, count: rolling.count},
      lowestLoss: rolling.lowest,
      loss: this.loss.points(),
      rate: this.rate.points(),
      gradNorm: this.gradNorm.points(),
      terms: new Map([...this.terms].map(([name, bins]) => [name, bins.points()])),
      scores: new Map(
        [...this.scores].map(([name, {bins, ...score}]) => [name, {...score, points: bins.points()}]),
      ),
    };
  }
}

/** @throws as eachLine */
export async function readMetrics(file: string, survey: Survey): Promise<Metrics> {
  const reading = new MetricsReading(survey);
  // A run that is training writes on meanwhile.
  await eachLine(file, line => reading.take(line), survey.bytes);
  return reading.result();
}
