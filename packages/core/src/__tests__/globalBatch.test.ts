import {microStepsFor} from '../config/globalBatch.js';

const config = (batch: number, devices: number, globalBatch: number, microSteps = 3) => ({
  data: {batch},
  devices,
  optim: {globalBatch, microSteps},
});

test('without a global batch microSteps decides', () => {
  expect(microStepsFor(config(4, 2, 0))).toBe(3);
});

test.each([
  [16, 4, 64, 1],
  [4, 4, 64, 4],
  [1, 1, 64, 64],
  [8, 3, 24, 1],
])('batch %i on %i devices, %i in all: %i micro-steps', (batch, devices, globalBatch, microSteps) => {
  expect(microStepsFor(config(batch, devices, globalBatch))).toBe(microSteps);
});

test.each([
  [16, 3, 64, '16 x 3\\), such as 48 or 96'],
  [16, 4, 32, '16 x 4\\), such as 64'],
  [4, 1, 6, '4 x 1\\), such as 4 or 8'],
])(
  'batch %i on %i devices can not make %i: the message says what fits',
  (batch, devices, globalBatch, hint) => {
    expect(() => microStepsFor(config(batch, devices, globalBatch))).toThrow(
      expect.objectContaining({
        code: 'RIFE_ERR_CONFIG_VALUE',
        message: expect.stringMatching(`"optim.globalBatch" is ${globalBatch}[^]*${hint}`),
      }),
    );
  },
);
