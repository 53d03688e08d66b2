/**
 * How much `rife-train data doctor` finds: plants faults into short clips cut from the demo clips,
 * and counts those that are named by kind, clip and frame; and false alarms on clips without a
 * fault.
 *
 *     npm run test:doctor -- [--seed 7] [--rounds 12] [--clean 8] [--demo 2] [--json]
 *
 * Each round is a data set with one fault of each sort, and clean clips, half of them at four times
 * the speed; --demo is how many of the two sets of demo clips are looked at as they are. Exit code
 * 1 when less than 99 % are found, or more than 1 % of the checks of clean clips raise an alarm.
 */
import '../../scripts/freshDist.mjs';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {examineData, FINDING_KINDS} from '@rife-train/dataset';
import {COPIES, FAULTS} from './faults.mjs';
import {randomOf, SETS} from './material.mjs';
import {plant} from './plant.mjs';

const {values} = parseArgs({
  options: {
    seed: {type: 'string', default: '7'},
    rounds: {type: 'string', default: '12'},
    clean: {type: 'string', default: '8'},
    json: {type: 'boolean', default: false},
    demo: {type: 'string', default: '2'},
  },
});
const KINDS = Object.keys(FINDING_KINDS).length;
const SORTS = [...Object.keys(FAULTS), ...Object.keys(COPIES)];
const say = text => !values.json && process.stderr.write(`${text}\n`);

const nameOf = ({split, clip}) => `${split} ${clip}`;
const isOf = (finding, {kind, frame, split, clip}) =>
  finding.kind === kind &&
  finding.split === split &&
  finding.clip === clip &&
  (frame === undefined || finding.frame === frame);
const isFound = (findings, fault) => findings.some(finding => isOf(finding, fault));

async function runRound(round, random) {
  const root = mkdtempSync(join(tmpdir(), 'rife-doctor-'));
  try {
    const {planted, clean} = await plant(root, SORTS, Number(values.clean), round, random);
    const {findings} = (await examineData({root})).report;
    const missed = planted.filter(fault => !isFound(findings, fault));
    const isExpected = finding =>
      planted.some(
        fault =>
          isOf(finding, fault) || (nameOf(fault) === nameOf(finding) && fault.also.includes(finding.kind)),
      );
    const extra = findings.filter(finding => !isExpected(finding));
    const alarms = extra.filter(finding => clean.includes(nameOf(finding)));
    return {planted, missed, alarms, extra: extra.filter(finding => !alarms.includes(finding)), clean};
  } finally {
    rmSync(root, {recursive: true, force: true});
  }
}

/** Alarms on the demo clips as they are. */
async function demoAlarms() {
  const found = [];
  let clips = 0;
  for (const {root} of SETS.slice(0, Number(values.demo))) {
    const {findings, splits} = (await examineData({root})).report;
    found.push(...findings);
    clips += splits.reduce((sum, split) => sum + split.clips, 0);
  }
  return {found, clips};
}

function rowsOf(rounds) {
  const all = rounds.flatMap(({planted}) => planted);
  const missed = rounds.flatMap(round => round.missed);
  return SORTS.map(sort => {
    const own = all.filter(({fault}) => fault === sort);
    return {
      sort,
      kind: own[0]?.kind,
      planted: own.length,
      found: own.length - missed.filter(m => m.fault === sort).length,
    };
  });
}

const total = (rows, key) => rows.reduce((sum, row) => sum + row[key], 0);

function print({rows, checks, alarms, extra, demo}) {
  console.log('| planted | found as | planted | found |\n|---|---|---:|---:|');
  for (const {sort, kind, planted, found} of rows)
    console.log(`| ${sort} | \`${kind}\` | ${planted} | ${found} |`);
  console.log(`| **all** | | **${total(rows, 'planted')}** | **${total(rows, 'found')}** |`);
  console.log(`\nfalse alarms on clean short clips: ${alarms.length} of ${checks} checks (clips x kinds)`);
  console.log(
    `false alarms on the ${demo.clips} demo clips: ${demo.found.length} of ${demo.clips * KINDS} checks`,
  );
  console.log(`other findings on faulty clips: ${extra.length}`);
  for (const {kind, split, clip, text} of [...alarms, ...extra, ...demo.found])
    console.log(`  ${kind}: ${split} ${clip}: ${text}`);
}

const random = randomOf(Number(values.seed));
const rounds = [];
for (let round = 0; round < Number(values.rounds); round++) {
  rounds.push(await runRound(round, random));
  const {planted, missed} = rounds.at(-1);
  say(`round ${round + 1}: ${planted.length - missed.length} of ${planted.length}`);
  for (const {fault, kind, split, clip, frame} of missed)
    say(`  missed: ${fault} (${kind} ${split} ${clip} ${frame ?? ''})`);
}
const rows = rowsOf(rounds);
const demo = await demoAlarms();
const alarms = rounds.flatMap(round => round.alarms);
const checks = rounds.reduce((sum, {clean}) => sum + clean.length, 0) * KINDS;
const result = {
  seed: Number(values.seed),
  rows,
  checks,
  alarms,
  extra: rounds.flatMap(round => round.extra),
  demo,
};
if (values.json) console.log(JSON.stringify(result));
else print(result);
const enough = total(rows, 'found') >= 0.99 * total(rows, 'planted');
const quiet = alarms.length <= 0.01 * checks && demo.found.length <= 0.01 * demo.clips * KINDS;
process.exitCode = enough && quiet ? 0 : 1;
