/** Faults of the process: it is asked to end, or killed, in the middle of its run. */
import {spawn} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {MOMENTS} from './moments.mjs';
import {STEPS, undisturbed} from './world.mjs';

/** A run in a process of its own. `onStep(step, child)` is called for each step that it reports. */
export function runChild(out, what, onStep = () => {}) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('child.mjs', import.meta.url)), out, JSON.stringify(what)],
    {stdio: ['pipe', 'pipe', 'pipe'], env: {TF_CPP_MIN_LOG_LEVEL: '3', ...process.env}},
  );
  // It may have ended before it has read its go-ahead.
  child.stdin.on('error', () => {});
  let [text, seen] = ['', -1];
  child.stderr.on('data', chunk => (text += chunk));
  child.stdout.on('data', chunk => {
    text += chunk;
    for (const [, step] of text.matchAll(/^step (\d+)\n/gm))
      if (Number(step) > seen) onStep((seen = Number(step)), child);
  });
  return new Promise(resolve => child.on('close', (code, by) => resolve({code, by, text})));
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/**
 * After the line of a step: before the child has its go-ahead, or a little later. It gets no other
 * one until the signal is sent, so that it can't have finished by then.
 */
function fromOutside(random, out, signal) {
  // A signal that arrives at the very end of a step may be seen one step later.
  const at = random.below(STEPS - 3);
  const delay = random.below(7) - 1;
  let sent;
  return runChild(out, {waits: true}, async (step, child) => {
    const goAhead = () => child.stdin.write('.');
    if (step < at) return goAhead();
    if (step > at) return sent.then(goAhead);
    if (delay >= 0) goAhead();
    sent = pause(Math.max(0, delay)).then(() => child.kill(signal));
    await sent;
    if (delay < 0) goAhead();
  });
}

/** Sent by the process itself, at a moment inside a step. */
function fromInside(random, out, signal) {
  const step = random.below(STEPS - 2);
  return runChild(out, {signal, step, moment: random.pick(Object.keys(MOMENTS))});
}

/** The child's output, for a message. */
const ending = ({code, by, text}) =>
  `it ended with ${by ?? `exit code ${code}`}, and printed: ${text.trim().split('\n').slice(-3).join(' | ')}`;

const wasOver = text => new RegExp(`^step ${STEPS - 1}$`, 'm').test(text);

const TOLD = /^SIGTERM: finishing this step, then saving$/m;

/** Whether the child ended as the signal requires. A killed process can name nothing. */
const SIGNALS = {
  SIGTERM: {
    named: TOLD,
    hasMet: ({code, text}) => code === 0 && TOLD.test(text) && /^stopped$/m.test(text),
  },
  SIGKILL: {named: /./, hasMet: ({by}) => by === 'SIGKILL'},
};

/** A kind of fault: the signal, sent in one of the ways. */
export function signalled(signal, ways = [fromOutside, fromInside]) {
  const {named, hasMet} = SIGNALS[signal];
  return async (random, out) => {
    const way = random.pick(ways);
    const end = await way(random, out, signal);
    const met = hasMet(end) && !wasOver(end.text);
    return {
      run: {lines: end.text.split('\n')},
      named,
      resume: true,
      missed: met ? undefined : `${signal} ${way.name}: ${ending(end)}`,
    };
  };
}

/** Kills itself at a random operation of a checkpoint's write. */
async function killedWhileSaving(random, out) {
  const {operations} = await undisturbed();
  const operation = 1 + random.below(operations);
  const end = await runChild(out, {operation});
  return {
    run: {lines: end.text.split('\n')},
    named: /./,
    resume: true,
    missed: end.by === 'SIGKILL' ? undefined : `operation ${operation} of ${operations}: ${ending(end)}`,
  };
}

export const processKinds = {
  SIGTERM: signalled('SIGTERM'),
  SIGKILL: signalled('SIGKILL'),
  'SIGKILL inside a save': killedWhileSaving,
};
