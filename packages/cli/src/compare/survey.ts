/**
 * The first reading of metrics.jsonl: how far it goes, and which lines a later one replaces. A run
 * that rolled back, or was resumed without knowing the length of the file, repeats steps.
 */
import {eachLine, isStep, objectIn, type Line} from './lines.js';

/** From this line on the run continues at an earlier step. */
interface Rewind {
  line: number;
  step: number;
}

/** What the second reading needs. */
export interface Survey {
  /** Length of the file when it was read. */
  bytes: number;
  /** Largest step that counts; -1 without steps. */
  last: number;
  rewinds: readonly Rewind[];
}

const STEP_FIRST = /^\{"step":(\d{1,15})[,}]/;

/** Most lines begin with their step: parsing the rest of them would double the work. */
function placeIn(line: Line): {step?: unknown; event?: unknown; to?: unknown} {
  const start = line.bytes?.toString('latin1', 0, 26) ?? '';
  const step = STEP_FIRST.exec(start)?.[1];
  return step === undefined ? (objectIn(line) ?? {}) : {step: Number(step)};
}

/** @throws as eachLine */
export async function surveyMetrics(file: string): Promise<Survey> {
  const rewinds: Rewind[] = [];
  let last = -1;
  const rewind = (line: number, step: number) => {
    // What goes back further covers those before it.
    while (rewinds.length > 0 && rewinds.at(-1)!.step >= step) rewinds.pop();
    rewinds.push({line, step});
    last = step - 1;
  };
  const bytes = await eachLine(file, line => {
    const {step, event, to} = placeIn(line);
    if (event === 'rollback' && isStep(to) && to <= last) rewind(line.number, to);
    if (event !== undefined || !isStep(step)) return;
    if (step <= last) rewind(line.number, step);
    last = step;
  });
  return {bytes, last, rewinds};
}

/**
 * For lines in ascending order: the first step that a later line has written again, or left behind
 * in a rollback. Steps from there on do not count.
 */
export function limits({rewinds}: Survey): (line: number) => number {
  let next = 0;
  return line => {
    while (next < rewinds.length && rewinds[next]!.line <= line) next++;
    return rewinds[next]?.step ?? Infinity;
  };
}
