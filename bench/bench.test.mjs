import assert from 'node:assert/strict';
import {test} from 'node:test';
import {median, parseCase, wholeNumber} from './lib/numbers.mjs';
import {renewed} from './lib/page.mjs';
import {runJson} from './lib/process.mjs';
import {findTorch} from './lib/python.mjs';
import {best, readShare, table as packTable} from './data/packTable.mjs';
import {FILTERS} from './data/filters.mjs';
import {partsOf, scalingTable} from './parallel/cell.mjs';
import {predict, predictShared} from './parallel/model.mjs';
import {serverDef} from './collectives/messages.mjs';
import {judge} from './soak/judge.mjs';
import {range, speedTable} from './step/docs.mjs';
import {ratios, summarise, table} from './step/table.mjs';

const round = (...stepMs) => ({stepMs, peakRssBytes: stepMs[0] * 2 ** 30, importRssBytes: 1});

test('median of odd and even counts', () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('a case is batch x crop, the crop a multiple of 32 from 64 on', () => {
  assert.deepEqual(parseCase('4x224'), {batch: 4, crop: 224});
  for (const wrong of ['4', '0x64', '1x32', '1x100', 'ax64'])
    assert.throws(() => parseCase(wrong), /expected/);
  assert.throws(() => wholeNumber('steps', '2.5'), /--steps is "2.5"/);
});

test('rounds are joined by the median of all steps and the largest peak', () => {
  const joined = summarise([round(1, 2), {error: 'killed'}, round(4, 9)], 4);
  assert.equal(joined.medianMs, 3);
  assert.equal(joined.imagesPerSecond, 4000 / 3);
  assert.equal(joined.peakRssBytes, 4 * 2 ** 30);
  assert.equal(joined.failedRounds, 1);
  assert.deepEqual(summarise([{error: 'killed'}], 4), {error: 'killed'});
});

test('ratios are against the best fp32 twin, and bf16 against autocast', () => {
  const ms = medianMs => ({medianMs});
  const variants = {
    captured: ms(90),
    bf16: ms(40),
    eager: ms(180),
    'torch-nchw': ms(120),
    'torch-channels_last': ms(100),
    'torch-bf16': ms(50),
  };
  assert.deepEqual(ratios(variants), {capturedToBestTorch: 0.9, bf16ToTorch: 0.8, eagerToCaptured: 2});
  assert.deepEqual(ratios({captured: ms(90)}), {
    capturedToBestTorch: undefined,
    bf16ToTorch: undefined,
    eagerToCaptured: undefined,
  });
});

test('tables of the docs come from the results, between their marks', () => {
  const entry = (name, captured) => ({
    case: name,
    variants: {captured: {medianMs: captured, peakRssBytes: 2 ** 30}, bf16: {error: 'x'}},
    ratios: {capturedToBestTorch: captured / 100},
  });
  const cases = [entry('4x224', 70), entry('4.0@512x512', 75)];
  assert.equal(range(cases), '0.70 to 0.75');
  const [, , first, second] = speedTable(cases, 'what').split('\n');
  assert.equal(first, '| 4 x 224 | 70 | - / - | **0.70** | - | - | - | 1.00 | - / - |');
  assert.match(second, /^\| RIFE 4.0, 512 x 512 \|/);
  const page = 'a <!-- ratio: by bench/step/run.mjs -->old<!-- end --> b';
  assert.equal(renewed(page, 'ratio', 'new', 'bench/step/run.mjs'), page.replace('old', 'new'));
  assert.throws(() => renewed(page, 'other', 'new', 'bench/step/run.mjs'), /no place/);
});

test('the table has a row for each variant, failed ones too', () => {
  const captured = {...summarise([round(2)], 1), capture: {traceMs: 600, loadMs: 900}};
  const text = table([
    {case: '1x64', variants: {captured, eager: {error: 'x'}}, ratios: {capturedToBestTorch: 0.5}},
  ]);
  assert.match(
    text,
    /\| 1x64 +\| captured +\| 2 +\| 2 +\| 500\.00 +\| 2\.00 +\| 1\.5 +\| 0\.50 of best PyTorch fp32 \|/,
  );
  assert.match(text, /\| 1x64 +\| eager +\| failed/);
});

const samples = (rss, tensors = () => 7, medianMs = () => 20) =>
  Array.from({length: 20}, (_, i) => ({
    step: 50 * (i + 1),
    tensors: tensors(i),
    nativeTensors: 3,
    rssBytes: rss(i),
    medianMs: medianMs(i),
  }));

test('soak: warm-up growth and noise pass, a leak of tensors or memory does not', () => {
  const MIB = 2 ** 20;
  const noisy = i => (i < 4 ? 100 * i : 500 + (i % 3)) * MIB;
  assert.deepEqual(judge(samples(noisy), 200, 32 * MIB).problems, []);
  assert.match(
    judge(
      samples(i => 500 * MIB + i * 5 * MIB),
      200,
      32 * MIB,
    ).problems[0],
    /memory grew by/,
  );
  assert.match(
    judge(
      samples(noisy, i => 7 + (i > 10)),
      200,
      32 * MIB,
    ).problems[0],
    /tensors is not constant: 7, 8/,
  );
  const slowing = i => 20 * 1.02 ** i;
  assert.match(
    judge(
      samples(noisy, () => 7, slowing),
      200,
      32 * MIB,
    ).problems[0],
    /steps took .* ms at first/,
  );
});

test('a process that fails is an error with what it said', async () => {
  assert.deepEqual(await runJson(process.execPath, ['-e', 'console.log("{}\\n[1]")']), [1]);
  const failed = await runJson(process.execPath, ['-e', 'console.error("no room"); process.exit(3)']);
  assert.match(failed.error, /exit 3: no room/);
  // EACCES where a folder of the PATH is closed to this user.
  assert.match((await runJson('no-such-program', [])).error, /ENOENT|EACCES/);
});

test('a Python without torch is said, with the way out', () => {
  assert.match(findTorch({RIFE_TWIN_PYTHON: 'no-such-python'}).missing, /No PyTorch.*RIFE_TWIN_PYTHON/);
});

test('packed clips: share that a crop reads, best rounds, ratios to the first variant', () => {
  // Places 0 to 4 of a crop of 4 in 8, tiles of 4: one tile at 0 and 4, two between.
  assert.equal(readShare(8, 4, 4), (8 / 5 / 2) ** 2);
  assert.equal(readShare(8, 8, 4), 1);
  const rounds = [
    {tripletsPerSecond: 2, cpuMsPerTriplet: 30},
    {tripletsPerSecond: 1, cpuMsPerTriplet: 20},
  ];
  assert.deepEqual(best(rounds), {tripletsPerSecond: 2, cpuMsPerTriplet: 20});
  const variant = (name, bytes, tripletsPerSecond, cpuMsPerTriplet) => ({
    ...{name, bytes, shareOfRaw: bytes / 100, readMbPerTriplet: 1},
    runs: [{threads: 1, tripletsPerSecond, cpuMsPerTriplet}],
  });
  const variants = [variant('PNG', 50, 10, 20), variant('pack', 25, 40, 10)];
  const [, , png, pack] = packTable({variants, threads: [1], scanSecondsOf4408: 1}).split('\n');
  assert.equal(png, '| PNG | 50 % | 100 % | 1.0 | 10.0 (1.0x) | 20.0 (1.0x) |');
  assert.equal(pack, '| pack | 25 % | 50 % | 1.0 | 40.0 (4.0x) | 10.0 (2.0x) |');
});

test('filters of tiles are undone', () => {
  const tile = Uint8Array.from({length: 12 * 5}, (_, i) => (i * i * 31) >> 2);
  for (const [name, {apply, undo}] of Object.entries(FILTERS))
    assert.deepEqual(undo(apply(tile.slice(), 12), 12), tile, name);
});

test('a task of a cluster knows all addresses, its own number and the leader', () => {
  const leader = '\x82\x01\x1e\x0a\x1c/job:worker/replica:0/task:0';
  const tasks = '\x12\x07\x08\x00\x12\x03a:1\x12\x07\x08\x01\x12\x03b:2';
  const expected = `\x0a\x1c\x0a\x1a\x0a\x06worker${tasks}\x12\x06worker\x18\x01\x22\x21${leader}\x2a\x04grpc`;
  assert.equal(Buffer.from(serverDef(['a:1', 'b:2'], 1)).toString('latin1'), expected);
});

const stepLine = (stepMs, dataMs, reduceMs, waitMs) => ({
  ...{stepMs, dataMs},
  logs: {'parallel/reduceMs': reduceMs, 'parallel/waitMs': waitMs, 'parallel/peakMiB': 2048},
});

test('parts of a step are medians after the warm-up, and add up to the step', () => {
  const lines = [
    stepLine(900, 1, 1, 1),
    {event: 'saved'},
    stepLine(100, 10, 20, 5),
    stepLine(100, 10, 20, 5),
  ];
  const parts = partsOf(lines, {replicas: 4, batch: 2, warmup: 1});
  assert.deepEqual(
    [parts.stepMs, parts.dataMs, parts.reduceMs, parts.waitMs, parts.computeMs, parts.imagesPerSecond],
    [100, 10, 20, 5, 65, 80],
  );
  const alone = partsOf([{stepMs: 50, dataMs: 0, logs: {}}], {replicas: 1, batch: 2, warmup: 0});
  assert.equal(alone.computeMs, 50);
  // On shared cores four replicas are no faster than one. If one makes 40 images a second, 80 are
  // twice the ideal.
  assert.match(
    scalingTable([alone, parts], () => 1),
    /\| 4 x 2 \| 100 \| 80\.00 \| 200\.0 % \| 10\.0 % \| 65\.0 % \|/,
  );
});

const GPUS = {
  batch: 16,
  crop: 512,
  teraflops: 20,
  pcie: 12,
  cores: 32,
  decodeMs: 12,
  reduceMs: 60,
  hostMs: 15,
};

test('the model names what a step waits for', () => {
  const four = predict({...GPUS, gpus: 4});
  assert.ok(Math.abs(four.parts.compute - (1.01e6 * 512 ** 2 * 16) / 20e9) < 1e-9);
  assert.equal(four.bottleneck, 'compute');
  assert.equal(predict({...GPUS, gpus: 4, cores: 5}).bottleneck, 'decoding');
  assert.equal(predict({...GPUS, gpus: 4, batch: 1}).bottleneck, 'mean gradient');
  const one = predict({...GPUS, gpus: 1});
  assert.equal(one.parts.reduce, 0);
  assert.equal(one.efficiency, 1);
  assert.ok(four.imagesPerSecond < 4 * one.imagesPerSecond);
});

test('replicas on shared cores take turns', () => {
  const one = {computeMs: 400, batch: 4};
  assert.equal(predictShared(one, {replicas: 1, batch: 4, reduceMs: 99}).stepMs, 400);
  assert.equal(predictShared(one, {replicas: 2, batch: 2, reduceMs: 50}).stepMs, 450);
});
