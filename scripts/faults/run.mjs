/**
 * Injects seeded faults into small runs of the real trainer. Nothing may be lost, every checkpoint
 * must be readable, and every fault must be injected and named.
 *
 *     npm run test:faults -- [--count 1000] [--seed 1] [--only <kind>] [--jobs 2]
 *         [--limit 120] [--out FILE]
 *
 * A run that does not end within `--limit` seconds is killed and counts as lost. Exit code 1 if
 * anything was lost, unreadable, unnamed or not injected.
 */
import '../freshDist.mjs';
import {fork} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const {values: args} = parseArgs({
  options: {
    count: {type: 'string', default: '1000'},
    seed: {type: 'string', default: '1'},
    only: {type: 'string'},
    jobs: {type: 'string', default: '2'},
    limit: {type: 'string', default: '120'},
    out: {type: 'string'},
  },
});

/** Task of a child: judges the jobs that it receives, one after the other. */
async function serve() {
  const {judge} = await import('./judge.mjs');
  // The parent process has ended.
  process.on('disconnect', () => process.exit());
  process.on('message', async ({kind, seed}) => {
    try {
      process.send(await judge(kind, seed));
    } catch (error) {
      process.send({
        kind,
        seed,
        outcome: 'lost',
        why: `the harness broke: ${error.stack}`,
        unreadable: [],
        named: false,
      });
    }
  });
  const {KINDS} = await import('./kinds.mjs');
  process.send({ready: Object.keys(KINDS)});
}

/** The job's child and everything that it has started. */
function killTree(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Passes jobs to children; one that dies or hangs loses its job, and is replaced. */
function runAll(jobs, results) {
  const work = () =>
    new Promise(resolve => {
      let [current, timer, tooLong] = [undefined, undefined, false];
      // Detached, it leads a group of its own, which can be killed as a whole.
      const child = fork(fileURLToPath(import.meta.url), ['--jobs', '0'], {
        env: {TF_CPP_MIN_LOG_LEVEL: '3', ...process.env},
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
        detached: true,
      });
      const give = () => {
        clearTimeout(timer);
        current = jobs.shift();
        if (!current) return child.kill();
        child.send(current);
        timer = setTimeout(
          () => {
            tooLong = true;
            killTree(child);
          },
          1000 * Number(args.limit),
        );
      };
      child.on('message', message => {
        if (tooLong) return;
        if (!message.ready) results.push(message);
        if (results.length % 50 === 0 && !message.ready) console.error(`${results.length} faults`);
        give();
      });
      child.on('close', () => {
        clearTimeout(timer);
        const why = tooLong ? `no end within ${args.limit} s` : 'the process died';
        if (current) results.push({...current, outcome: 'lost', why, unreadable: [], named: false});
        resolve(jobs.length > 0 ? work() : undefined);
      });
    });
  return Promise.all(Array.from({length: Number(args.jobs)}, work));
}

function report(results) {
  const kinds = [...new Set(results.map(({kind}) => kind))].sort();
  const count = (own, test) => String(own.filter(test).length);
  const rows = [...kinds, 'all'].map(kind => {
    const own = kind === 'all' ? results : results.filter(result => result.kind === kind);
    return [
      kind,
      String(own.length),
      count(own, r => r.outcome === 'recovered'),
      count(own, r => r.outcome === 'resumed'),
      count(own, r => r.outcome === 'lost'),
      count(own, r => r.unreadable.length > 0),
      count(own, r => !r.named),
      count(own, r => r.outcome === 'not injected'),
    ];
  });
  const head = ['fault', 'runs', 'recovered', 'resumed', 'lost', 'unreadable checkpoint', 'not named'];
  head.push('not injected');
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');
}

async function main() {
  const {KINDS} = await import('./kinds.mjs');
  const kinds = Object.keys(KINDS).filter(kind => args.only === undefined || kind === args.only);
  if (kinds.length === 0) throw new Error(`--only names no kind; there are ${Object.keys(KINDS).join(', ')}`);
  const first = Number(args.seed);
  const jobs = Array.from({length: Number(args.count)}, (_, i) => ({
    kind: kinds[i % kinds.length],
    seed: first * 100_000 + i,
  }));
  const results = [];
  const began = performance.now();
  await runAll(jobs, results);
  const bad = results.filter(
    ({outcome, unreadable, named}) =>
      ['lost', 'not injected'].includes(outcome) || unreadable.length > 0 || !named,
  );
  for (const result of bad) console.log(JSON.stringify(result));
  console.log(report(results));
  console.log(
    `${results.length} faults, ${bad.length} bad, ${((performance.now() - began) / 1000).toFixed(0)} s`,
  );
  if (args.out) writeFileSync(args.out, `${JSON.stringify(results)}\n`);
  process.exit(bad.length > 0 ? 1 : 0);
}

await (args.jobs === '0' ? serve() : main());
