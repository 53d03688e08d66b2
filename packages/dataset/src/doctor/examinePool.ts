import {availableParallelism} from 'node:os';
import {fileURLToPath} from 'node:url';
import {workerFile, type FoundClip} from '@rife-train/data/parts';
import {messageOf, workerFailed, type RifeError} from '@rife-train/errors';
import {Piscina} from 'piscina';
import {MOTION_GAPS, type ClipExam} from './examine.js';
import {finding, type ClipFinding} from './findings.js';
import {emptyHistogram} from './histogram.js';
import {whatOf} from './shrink.js';

/** Folder of the sources, or `dist`. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));

const examOf = (frames: number, found: ClipFinding): ClipExam => ({
  ...{frames, examined: 0, width: 0, height: 0, bytes: 0},
  findings: [found],
  motion: MOTION_GAPS.map(emptyHistogram),
  signature: {hashes: [], looks: []},
});

/** The result for a clip on which a thread died; the others continue. */
const failedExam = (error: unknown) =>
  examOf(0, finding('unreadable', workerFailed(messageOf(error)).message));

/** The result for a clip with faulty names: its frames have no order. */
const faultyExam = ({files}: FoundClip, fault: RifeError) =>
  examOf(
    files.length,
    finding(fault.code === 'RIFE_ERR_DATA_FRAME_ORDER' ? 'frame-order' : 'unreadable', whatOf(fault)),
  );

/**
 * Examines clips in threads; results come in the order of `clips`.
 * @param threads 0: one per core
 * @param onDone called after each clip with the number of finished ones
 * @throws RIFE_ERR_DATA_WORKER_FILE
 */
export async function examineAll(
  clips: readonly FoundClip[],
  threads: number,
  onDone: (done: number) => void,
): Promise<ClipExam[]> {
  const maxThreads = Math.min(threads || availableParallelism(), Math.max(1, clips.length));
  const pool = new Piscina<FoundClip, ClipExam>({
    filename: workerFile('doctor/examineWorker.js', ROOT),
    minThreads: maxThreads,
    maxThreads,
    concurrentTasksPerWorker: 1,
  });
  let done = 0;
  try {
    return await Promise.all(
      clips.map(async clip => {
        const exam = clip.fault ? faultyExam(clip, clip.fault) : await pool.run(clip).catch(failedExam);
        onDone(++done);
        return exam;
      }),
    );
  } finally {
    await pool.close({force: true});
  }
}
