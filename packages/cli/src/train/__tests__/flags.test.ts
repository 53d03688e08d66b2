import {repeatedFlags, withFlags} from '../flags.js';

const config = {data: {root: '/clips'}, steps: 10, out: '/runs/a', execution: 'captured' as const};

test('flags override, and leave the rest', () => {
  expect(withFlags(config, {steps: 3, execution: 'eager', out: 'b'}, '/home')).toEqual({
    data: {root: '/clips'},
    steps: 3,
    out: '/home/b',
    execution: 'eager',
  });
  expect(withFlags(config, {}, '/home')).toEqual(config);
  expect(withFlags({...config, init: '/a.pkl'}, {init: 'b.pkl'}, '/home').init).toBe('/home/b.pkl');
});

test('flags that select the run are repeated, those that start it are not', () => {
  expect(
    repeatedFlags({config: 'x.ts', out: 'my runs/a', init: 'a.pkl', steps: 5, fresh: true, resume: true}),
  ).toBe(" --config x.ts --steps 5 --out 'my runs/a' --init a.pkl");
  expect(repeatedFlags({out: "it's"})).toBe(` --out 'it'\\''s'`);
  expect(repeatedFlags({})).toBe('');
});
