/**
 * What `npm run test:isa` runs: every version of our kernels, suites that exist, and nothing that
 * the processor lacks.
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {evalScript, ROOT} from './callScript.js';

interface Setting {
  name: string;
  needs: string[];
  env?: Record<string, string>;
  oneVersion?: string;
}
const settings = evalScript('isa.mjs', 'exports.SETTINGS') as Setting[];

test('each version that the compiler makes of a kernel', () => {
  const header = readFileSync(join(ROOT, 'packages/engine/native/parallelFor.h'), 'utf8');
  const clones = /target_clones\(([^)]*)\)/.exec(header)![1]!.match(/\w+/g);
  const tried = settings.flatMap(({name, oneVersion}) =>
    oneVersion === undefined ? [] : [name.replace('kernels ', '')],
  );
  expect(tried.sort()).toEqual(clones!.sort());
});

test('each instruction set of oneDNN, none of it, and both counts of threads', () => {
  const variables = settings.flatMap(({env = {}}) => Object.entries(env).map(pair => pair.join('=')));
  for (const wanted of [
    ...['SSE41', 'AVX2', 'AVX512_CORE', 'AVX512_CORE_BF16'].map(isa => `ONEDNN_MAX_CPU_ISA=${isa}`),
    'TF_ENABLE_ONEDNN_OPTS=0',
    'TF_NUM_INTRAOP_THREADS=1',
    'TF_NUM_INTRAOP_THREADS=2',
  ])
    expect(variables).toContain(wanted);
});

test('suites that exist', () => {
  const suites = evalScript('isa.mjs', 'exports.SUITES') as string[];
  expect(suites.filter(path => !existsSync(join(ROOT, path)))).toEqual([]);
});

test('what a processor lacks is named', () => {
  const missing = (needs: string[], flags: string[]) =>
    evalScript('isa.mjs', `exports.missing(${JSON.stringify({needs})}, new Set(${JSON.stringify(flags)}))`);
  expect(missing(['avx2', 'fma'], ['fma'])).toBe('this processor lacks avx2');
  expect(missing(['avx2'], ['avx2', 'fma'])).toBeNull();
});
