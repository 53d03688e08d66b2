import {endingText, firstPreviewText, shortPath, type Ending} from '../summary.js';

const ending: Ending = {
  summary: {
    step: 400,
    steps: 400,
    reason: 'finished',
    checkpoint: '/home/me/runs/a/checkpoints/step-00000400',
  },
  elapsedMs: 112_000,
  trend: {count: 20, first: 0.2134, last: 0.061, gaps: [1, 2]},
  waitShare: 0.004,
  preview: {path: '/home/me/runs/a/preview.png', firstPsnr: 20.051, psnr: 24.5, inputsPsnr: 24.2},
  validated: undefined,
  flags: {config: 'rife.config.ts'},
  cwd: '/home/me',
};

test('a finished run names checkpoint, preview and what to do next', () => {
  expect(endingText(ending)).toBe(
    [
      'Finished at step 400 of 400 after 1:52.',
      'Loss:       0.213 -> 0.0610 at gap 1-2 (means of the first and the last 20 steps)',
      'Waited:     0.4 % of the time for data',
      'Checkpoint: runs/a/checkpoints/step-00000400',
      "Preview:    runs/a/preview.png (PSNR 20.05 -> 24.50 dB; inputs' mean 24.20, gain +0.30)",
      'Train on:   npx rife-train train --config rife.config.ts --extend 400 (the learning rate rises and falls once more)',
      'or:         npx rife-train train --config rife.config.ts --steps 800 --resume (at the final learning rate)',
      'Your clips: set data.root in the configuration, then npx rife-train train',
    ].join('\n'),
  );
});

test('a run that had nothing to train says so', () => {
  const summary = {...ending.summary, step: 410};
  expect(endingText({...ending, summary, elapsedMs: 0, trend: undefined}).split('\n')[0]).toBe(
    'Nothing to train: the run is at step 410 already, and was to have 400 steps.',
  );
});

test('an interrupted run names the command that goes on', () => {
  const summary = {...ending.summary, step: 7, reason: 'interrupted'} as const;
  expect(endingText({...ending, summary, trend: undefined, waitShare: undefined, preview: undefined})).toBe(
    [
      'Stopped at step 7 of 400 after 1:52.',
      'Checkpoint: runs/a/checkpoints/step-00000400',
      'Go on with: npx rife-train train --config rife.config.ts --resume',
    ].join('\n'),
  );
});

test('the first preview is reported with its path while the run goes on', () => {
  const preview = {
    path: '/home/me/runs/a/preview.png',
    psnr: 20.051,
    inputsPsnr: 21,
    step: 25,
    previewEvery: 25,
  };
  expect(firstPreviewText({...preview, cwd: '/home/me'})).toBe(
    "Preview: runs/a/preview.png (step 25, PSNR 20.05 dB; inputs' mean 21.00, gain -0.95), a new one every 25 steps",
  );
});

const validated = {firstPsnr: 30, psnr: 32.57, best: {step: 300, psnr: 33.1}, inputsPsnr: 36.03};

test('a run that ends below the mean of the inputs is reported as such', () => {
  const text = endingText({...ending, validated});
  expect(text).toContain(
    "Validation: PSNR 30.00 -> 32.57 dB; inputs' mean 36.03, gain -3.46; best 33.10 at step 300\n",
  );
  expect(text).toMatch(
    /^Warning: {4}the network is 3\.46 dB below the plain mean of the two inputs on the validation triplets\./m,
  );
  const preview = {...ending.preview!, inputsPsnr: 25};
  expect(endingText({...ending, preview})).toMatch(
    /^Warning: .* 0\.50 dB below .* on the preview triplet\./m,
  );
});

test('validation decides whether a run is above the mean of its inputs, the preview only without one', () => {
  const above = {...validated, inputsPsnr: 32};
  const preview = {...ending.preview!, inputsPsnr: 25};
  expect(endingText({...ending, validated: above, preview})).not.toContain('Warning');
  expect(endingText(ending)).not.toContain('Warning');
});

test('a run that waited much gets advice', () => {
  expect(endingText({...ending, waitShare: 0.3})).toContain(
    'Waited:     30.0 % of the time for data (raise data.workers, set data.cache, or pack the clips: rife-train data pack)',
  );
});

test('paths below the folder of the command are short', () => {
  expect(shortPath('/home/me/runs/a', '/home/me')).toBe('runs/a');
  expect(shortPath('/tmp/a', '/home/me')).toBe('/tmp/a');
  expect(shortPath('/home/me', '/home/me')).toBe('/home/me');
});
