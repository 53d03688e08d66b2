/** Brings one fault into a run and judges what became of it. */
import {rmSync} from 'node:fs';
import {KINDS} from './kinds.mjs';
import {folder, randomOf, told, train, undisturbed, unreadable} from './world.mjs';

/** Coded errors of the trainer; anything else is an accident. */
const isCoded = error => /^RIFE_ERR_/.test(error?.code ?? '');

/**
 * @returns {{kind, seed, outcome: 'recovered'|'resumed'|'lost'|'not brought in', why, unreadable: string[], named: boolean}}
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
      // A fault that did not happen proves nothing, however well the run ended.
      ...(missed !== undefined && verdict.outcome !== 'lost'
        ? {outcome: 'not brought in', why: missed}
        : verdict),
      unreadable: [...problems, ...unreadable(out)],
      named: named.test(text ?? told(out, run)),
    };
  } finally {
    rmSync(out, {recursive: true, force: true});
  }
}

const lost = why => ({outcome: 'lost', why});

async function outcomeOf({run, resume = false, same = false, isSame, goOn}, out) {
  if (run.error && !isCoded(run.error))
    return lost(`an error without a code: ${run.error.stack ?? run.error}`);
  if (isSame === false)
    return lost(`its bits are not those of the undisturbed run (${run.error?.message ?? 'finished'})`);
  if (goOn)
    return (await goOn())
      ? {outcome: 'resumed'}
      : lost('gone on with, it did not end as the undisturbed run');
  if (resume) {
    const rest = await train(out, {resume: true});
    if (rest.error) return lost(`it can't be gone on with: ${rest.error.message}`);
    return rest.checksum === (await undisturbed()).checksum
      ? {outcome: 'resumed'}
      : lost('resumed, its bits are others');
  }
  if (run.error) return lost(`it ended: ${run.error.message}`);
  if (same && run.checksum !== (await undisturbed()).checksum) return lost('its bits are others');
  return {outcome: 'recovered'};
}
