/** Injects one fault into a run and judges the result. */
import {rmSync} from 'node:fs';
import {KINDS} from './kinds.mjs';
import {folder, randomOf, outputOf, train, undisturbed, unreadable} from './world.mjs';

/** Coded errors of the trainer; any other error is unexpected. */
const isCoded = error => /^RIFE_ERR_/.test(error?.code ?? '');

/**
 * @returns {{kind, seed, outcome: 'recovered'|'resumed'|'lost'|'not injected', why, unreadable:
 *   string[], named: boolean}}
 */
export async function judge(kind, seed) {
  const out = folder();
  const random = randomOf(seed);
  try {
    const fault = await KINDS[kind](random, out);
    const {run, named, text, missed} = fault;
    const problems = unreadable(out);
    const verdict = await outcomeOf(fault, out);
    fault.cleanUp?.();
    return {
      kind,
      seed,
      // A fault that did not occur proves nothing, even if the run ended well.
      ...(missed !== undefined && verdict.outcome !== 'lost'
        ? {outcome: 'not injected', why: missed}
        : verdict),
      unreadable: [...problems, ...unreadable(out)],
      named: named.test(text ?? outputOf(out, run)),
    };
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
}

const lost = why => ({outcome: 'lost', why});

async function outcomeOf({run, resume = false, same = false, isSame, continueRun}, out) {
  if (run.error && !isCoded(run.error))
    return lost(`an error without a code: ${run.error.stack ?? run.error}`);
  if (isSame === false)
    return lost(`its bits are not those of the undisturbed run (${run.error?.message ?? 'finished'})`);
  if (continueRun)
    return (await continueRun())
      ? {outcome: 'resumed'}
      : lost('resumed, it did not end as the undisturbed run');
  if (resume) {
    const rest = await train(out, {resume: true});
    if (rest.error) return lost(`it can't be resumed: ${rest.error.message}`);
    return rest.checksum === (await undisturbed()).checksum
      ? {outcome: 'resumed'}
      : lost('resumed, its bits differ');
  }
  if (run.error) return lost(`it ended: ${run.error.message}`);
  if (same && run.checksum !== (await undisturbed()).checksum) return lost('its bits differ');
  return {outcome: 'recovered'};
}
