/** What keeps a run: checkpoints, resumes, rollbacks, plugin-recover. */
import {mutationsIn} from './mutation.mjs';
import {escalation, fullDisk, health, lossDriven, stopped, stores} from './tests.mjs';

const core = mutationsIn('packages/core/src');
const recover = mutationsIn('packages/plugin-recover/src');

export const SURVIVAL_MUTATIONS = [
  core(
    'checkpoint/seal',
    'checkpoint/stateFile',
    'state.json is not compared with its checksum',
    ['return sha256 === checksumOf(state);', 'return checksumOf(state).length > 0;'],
    stores('any bit flipped'),
  ),
  core(
    'checkpoint/unsealed',
    'checkpoint/stateFile',
    'a state.json of today needs no checksum',
    ['return version < FIRST_SEALED ||', 'return version <= FIRST_SEALED ||'],
    stores('any bit flipped'),
  ),
  core(
    'checkpoint/other-run',
    'checkpoint/store',
    'a checkpoint of another run is taken',
    ['state.run !== this.run)', 'state.run === this.run + 1)'],
    stores('copied in from another run'),
  ),
  core(
    'checkpoint/held',
    'checkpoint/store',
    'what a rollback goes to may be removed',
    ['[name, ...held.map(stepFolder)]', '[name, ...held.slice(1).map(stepFolder)]'],
    stores('that are held stay'),
  ),
  core(
    'resume/return-to',
    'run',
    'a rollback behind a resume goes to the checkpoint of the stop',
    ['isStop ? (this.returnTo ?? step) : step', 'isStop ? step : step'],
    stopped('to the newest checkpoint'),
  ),
  core(
    'resume/counts',
    'run',
    'a resumed run counts bad steps from 0',
    ['    this.setbacks.load(setbacks);\n', '    if (!setbacks) this.setbacks.load(setbacks);\n'],
    stopped('are counted through a stop'),
  ),
  core(
    'rollback/ahead',
    'run',
    'checkpoints of a stretch that was left stay',
    ['    this.leftBehind = true;\n', ''],
    stopped('in place of those ahead'),
  ),
  core(
    'rollback/saved',
    'run',
    'no checkpoint is written behind a rollback',
    ['    this.leftBehind = true;\n    await this.saveAndGoOn();', '    this.leftBehind = true;'],
    stopped('in place of those ahead'),
  ),
  core(
    'best/lost',
    'run',
    'a best that could not be written is told of',
    [
      'else this.best = before;',
      'else this.best ??= before;',
    ],
    fullDisk('can’t be written is not the best'),
  ),
  core(
    'metrics/half-line',
    'metricsFile',
    'half a line counts for the length of metrics.jsonl',
    ['.size - this.begun;', '.size;'],
    fullDisk('no half line'),
  ),
  recover(
    'recover/gaps',
    'health',
    'losses of wider gaps are compared with those of narrow ones',
    ['const OTHER_GAPS = 1.25;', 'const OTHER_GAPS = 1e9;'],
    health('gaps that widen'),
  ),
  recover(
    'recover/probation',
    'escalation',
    'it goes back to a snapshot without healthy steps behind it',
    ['step <= onset - this.limits.probation', 'step <= onset'],
    escalation('is skipped twice'),
  ),
  recover(
    'recover/snapshots',
    'escalation',
    'snapshots do not come back with a checkpoint',
    ['    this.snapshots = [...snapshots];\n', '    this.snapshots = snapshots.slice(0, 0);\n'],
    escalation('come back with a checkpoint'),
  ),
  mutationsIn('packages/plugin-curriculum/src')(
    'curriculum/rewound',
    'curriculum',
    'decisions stay where the data is rewound',
    ['this.running && !rewindsData ? this.state', 'this.running ? this.state'],
    lossDriven('rewinds the data'),
  ),
];
