/** Scores of finished pairs in a file, so that a killed evaluation goes on where it was. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {evalExists, evalOutput, messageOf} from '@rife-train/errors';
import {JsonLines, jsonNumber, makeFolder, replaceFile} from '@rife-train/files';
import type {EvaluateCost} from './evaluate.js';
import {withNumbers} from '../report/json.js';
import type {FrameResult, Identity} from '../report/result.js';

/** In the folder of a result: a line about what is evaluated, then one line a pair. */
const FILE = 'frames.jsonl';

/** What must be the same for scores to belong together. */
const comparable = ({command: _, machine: __, ...rest}: Identity) => JSON.stringify(rest, jsonNumber);

/** A line of the file, after the first. */
interface PairLine {
  frames: FrameResult[];
  /** Of this pair and what was done since the line before. */
  cost: EvaluateCost;
}

/** Scores that are there, and how more are added. */
export interface Rows {
  readonly frames: readonly FrameResult[];
  readonly cost: Readonly<EvaluateCost>;
  /** Ids of the pairs that were done when it was opened. */
  readonly done: ReadonlySet<string>;
  add(line: PairLine): void;
  close(): void;
}

/** Whole lines; a torn last one of a killed process is left out. */
function linesOf(text: string): unknown[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as unknown);
}

/** Lines of an earlier process; undefined of another evaluation, or of a damaged file. */
function earlier(path: string, identity: Identity): PairLine[] | undefined {
  try {
    const [first, ...lines] = linesOf(readFileSync(path, 'utf8'));
    const same = first !== undefined && comparable(first as Identity) === comparable(identity);
    return same
      ? (lines as PairLine[]).map(({frames, cost}) => ({frames: frames.map(withNumbers), cost}))
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Opens the scores in a folder, which is made.
 * @param fresh begin again, whatever is there
 * @throws RIFE_ERR_EVAL_EXISTS where the folder holds another evaluation; RIFE_ERR_EVAL_OUTPUT
 */
export async function openRows(folder: string, identity: Identity, fresh: boolean): Promise<Rows> {
  const path = join(folder, FILE);
  const found = !fresh && existsSync(path) ? earlier(path, identity) : [];
  if (!found) throw evalExists(folder);
  const frames = found.flatMap(line => line.frames);
  const lines = found.map(line => JSON.stringify(line, jsonNumber));
  try {
    makeFolder(folder);
    // Anew, without a torn last line; in place of a link, and not through it.
    const text = [JSON.stringify(identity, jsonNumber), ...lines, ''].join('\n');
    await replaceFile(path, [Buffer.from(text)]);
    const file = new JsonLines(path, text => {
      throw evalOutput(path, text);
    });
    const cost = {
      networkSeconds: found.reduce((sum, line) => sum + line.cost.networkSeconds, 0),
      metricSeconds: found.reduce((sum, line) => sum + line.cost.metricSeconds, 0),
    };
    return {
      frames,
      cost,
      done: new Set(frames.map(({pair}) => pair)),
      add(line) {
        file.append({...line});
        frames.push(...line.frames);
        cost.networkSeconds += line.cost.networkSeconds;
        cost.metricSeconds += line.cost.metricSeconds;
      },
      close: () => file.close(),
    };
  } catch (error) {
    throw evalOutput(path, messageOf(error), error);
  }
}
