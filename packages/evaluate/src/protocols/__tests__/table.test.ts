import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {isHigherBetter, METRIC_NAMES} from '../../metrics/metric.js';
import {SETS} from '../../sets/registry.js';
import {protocolFacts} from '../describe.js';
import {isFor} from '../protocol.js';
import {protocolFor, PROTOCOLS, protocolsOf} from '../table.js';
import {PUBLISHED} from '../published.js';

const NAMES = SETS.map(({name}) => name);
const PAGE = readFileSync(join(__dirname, '../../../../../docs/evaluation.md'), 'utf8');

test.each(NAMES)('%s has a usual protocol, plain, and no protocol twice', set => {
  const names = protocolsOf(set);
  expect(names).toContain('plain');
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(protocolFor(set, name).name).toBe(name);
  expect(protocolFor(set)).toBe(protocolFor(set, names[0]));
});

test('every set that a protocol names exists', () => {
  const known = PROTOCOLS.flatMap(({sets}) => sets).filter(name => name !== '*');
  expect(known.filter(name => !NAMES.includes(name))).toEqual([]);
});

test.each<[string, string | undefined, string]>([
  ['x-test-4k', undefined, 'ema'],
  ['xtest-l-2k', undefined, 'sgm'],
  ['vimeo90k', undefined, 'rife'],
  ['snu-film-hard', undefined, 'ema'],
  ['snu-film-arb', undefined, 'plain'],
  ['middlebury', undefined, 'plain'],
  ['clips', undefined, 'plain'],
])('%s by %s is measured as %s does', (set, name, expected) => {
  expect(protocolFor(set, name).name).toBe(expected);
});

test('a protocol that is not defined on the set is refused with those that are', () => {
  expect(() => protocolFor('middlebury', 'xvfi')).toThrow(
    /plain, ema, rife, ifrnet, softsplat, film, ldmvfi/,
  );
});

test.each([
  [
    'x-test-4k',
    'ema',
    0.25,
    ['edges repeated around, to a multiple of 32', 'PSNR rounded to 1/255', 'flow at 0.25 of the size'],
  ],
  [
    'x-test-4k',
    'xvfi',
    1,
    [
      'zeros at the right and bottom, to a multiple of 512',
      'SSIM of XVFI (7 x 7 on Y, range of the prediction), rounded',
    ],
  ],
  [
    'x-test-4k',
    'upr',
    0.25,
    ['values of 0.5 at the right and bottom, to a multiple of 256', 'PSNR not rounded'],
  ],
  ['middlebury', 'rife', 1, ['zeros at the right and bottom, to 480 x 640']],
  [
    'hd',
    'rife',
    1,
    [
      'outermost rows repeated above and below: 16 at 544 rows, 24 at 720 rows, 4 at 1080 rows',
      'fed with RGB',
    ],
  ],
])('%s by %s says how it measures', (set, name, scale, expected) => {
  const use = {scale, times: 'direct', tta: false, ensemble: false} as const;
  const {facts} = protocolFacts(protocolFor(set, name), use);
  expect(facts).toEqual(expect.arrayContaining([...expected, 'timesteps direct', 'no TTA']));
});

test('midpoints, TTA and the ensemble of both directions are said', () => {
  const use = {scale: 1, times: 'midpoints', tta: true, ensemble: true} as const;
  const {facts} = protocolFacts(protocolFor('clips'), use);
  expect(facts).toEqual(
    expect.arrayContaining([
      'repeated midpoints, not rounded between',
      'TTA (mean with the turned frames)',
      'ensemble of both directions',
    ]),
  );
});

test('the page has every set, every protocol on it, and every metric', () => {
  for (const set of NAMES) {
    const row = PAGE.split('\n').find(line => line.startsWith(`| \`${set}\` |`));
    expect(row).toBeDefined();
    expect(protocolsOf(set).filter(name => !row!.includes(`\`${name}\``))).toEqual([]);
  }
  expect(METRIC_NAMES.filter(name => !PAGE.includes(`\`${name}\``))).toEqual([]);
});

test('every published score is of a protocol that exists there', () => {
  const lacking = PUBLISHED.filter(
    ({set, protocol}) =>
      !PROTOCOLS.some(row => row.name === protocol && isFor(row, set.replace(/-(544p|720p|1080p)$/, ''))),
  );
  expect(lacking.map(({set, protocol}) => `${set} ${protocol}`)).toEqual([]);
});

test('errors are better when lower', () => {
  expect(METRIC_NAMES.filter(name => !isHigherBetter(name))).toEqual(['ie', 'tof', 'flip', 'lpips']);
});
