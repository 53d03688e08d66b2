import type {Engine, Program} from '@rife-train/core';
import {lateEngine} from '../lateEngine.js';

const program = {} as Program;
const engine: Engine = {description: 'fake', createProgram: () => program};

test('nothing is loaded before it is asked for, and then once', async () => {
  let loads = 0;
  const late = lateEngine(() => Promise.resolve((loads++, engine)));
  expect(() => late.createProgram([])).toThrow('loaded with the data');
  expect(loads).toBe(0);
  await late.load();
  await late.load();
  expect([late.description, late.createProgram([]), loads]).toEqual(['fake', program, 1]);
});
