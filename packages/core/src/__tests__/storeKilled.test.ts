import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {CheckpointStore} from '../checkpoint/store.js';
import {temporaryFolder} from './helpers/harness.js';
import {contentOf} from './helpers/stores.js';

/** What jest itself compiles the tests with. */
const {transformSync} = jest.requireActual<{transformSync(code: string, options: object): {code: string}}>(
  '@swc/core',
);

/**
 * The store's sources as plain JavaScript in a folder of their own, for a process that can be
 * killed.
 */
function compiledStore(folder: string): string {
  const source = path.resolve(__dirname, '../..');
  const compile = (from: string, to: string) => {
    mkdirSync(to, {recursive: true});
    for (const file of readdirSync(from).filter(name => name.endsWith('.ts'))) {
      const options = {
        jsc: {parser: {syntax: 'typescript'}, target: 'es2022'},
        module: {type: 'es6'},
      } as const;
      const {code} = transformSync(readFileSync(path.join(from, file), 'utf8'), options);
      writeFileSync(path.join(to, file.replace(/ts$/, 'js')), code);
    }
  };
  for (const name of ['errors', 'files']) {
    const leaf = path.join(folder, 'node_modules/@rife-train', name);
    compile(path.join(source, `../${name}/src`), leaf);
    writeFileSync(path.join(leaf, 'package.json'), '{"type": "module", "exports": "./index.js"}');
  }
  symlinkSync(path.join(source, '../../node_modules/zod'), path.join(folder, 'node_modules/zod'));
  compile(path.join(source, 'src/checkpoint'), path.join(folder, 'checkpoint'));
  writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
  const main = path.join(folder, 'saveForever.js');
  writeFileSync(
    main,
    `import {CheckpointStore} from './checkpoint/store.js';
     import {encodeSafetensors} from '@rife-train/files';
     const [out, from, state] = process.argv.slice(2);
     const store = new CheckpointStore(out, 2);
     for (let step = Number(from); ; step++) {
       const values = new Float32Array(200_000).fill(step);
       const chunks = name => encodeSafetensors(new Map([[name, {shape: [values.length], values}]]));
       await store.save({
         state: {...JSON.parse(state), step},
         weights: chunks('w'),
         optimizer: chunks('adam.m/w'),
       });
       console.log(step);
     }`,
  );
  return main;
}

test('kill -9 at any moment leaves a whole checkpoint, and never loses one that was reported', async () => {
  const out = temporaryFolder();
  const main = compiledStore(temporaryFolder());
  const store = new CheckpointStore(out, 2);
  let reported = 0;
  for (let kill = 0; kill < 10; kill++) {
    const child = spawn(
      process.execPath,
      [main, out, String(reported + 1), JSON.stringify(contentOf(0).state)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    child.stdout.on('data', chunk => (text += String(chunk)));
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]); // it is saving now
    await new Promise(resolve => setTimeout(resolve, 3 + 7 * kill));
    child.kill('SIGKILL');
    await once(child, 'close');
    reported = Math.max(reported, ...text.trim().split('\n').map(Number));
    const loaded = (await store.load())!;
    expect(loaded.skipped).toEqual([]);
    expect(loaded.state.step).toBeGreaterThanOrEqual(reported);
    const values = loaded.weights.tensors.get('w')!.values as Float32Array;
    expect(values.every(value => value === loaded.state.step)).toBe(true);
  }
  // Each child saves and reports at least one step; how many more depends on the disk.
  expect(reported).toBeGreaterThanOrEqual(10);
  await store.sweep();
  expect(
    readdirSync(store.folder).every(
      name => name === 'latest' || existsSync(path.join(store.folder, name, 'state.json')),
    ),
  ).toBe(true);
});
