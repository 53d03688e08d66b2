import {withSet} from '../setOptions.js';

const config = {data: {root: '/clips', crop: 224}, steps: 10, optim: {learningRate: 3e-4}};
const set = (...settings: string[]) => withSet(config as never, settings, '/home/me') as unknown;

test('any option can be set, at any depth, the last one wins, and the rest stays', () => {
  expect(
    set(
      'data.crop=[96, 128]',
      'optim.learningRate=1e-4',
      'steps=300_000',
      'model.name=IFNet_m',
      'data.augment=false',
      'steps=5',
    ),
  ).toEqual({
    data: {root: '/clips', crop: [96, 128], augment: false},
    steps: 5,
    optim: {learningRate: 1e-4},
    model: {name: 'IFNet_m'},
  });
  expect(set('keep.last=2')).toMatchObject({keep: {last: 2}});
  expect(set()).toBe(config);
});

test('paths are relative to the folder of the command', () => {
  expect(set('data.root=other', 'out=runs/x', 'init=a.pkl', 'data.cache.dir=c')).toMatchObject({
    data: {root: '/home/me/other', cache: {dir: '/home/me/c'}},
    out: '/home/me/runs/x',
    init: '/home/me/a.pkl',
  });
  expect(set('model.name=RIFE4', 'model.vgg=b.pth')).toMatchObject({model: {vgg: '/home/me/b.pth'}});
});

test.each([
  ['optim.learnngRate=1', 'RIFE_ERR_CLI_OPTION_UNKNOWN', 'Did you mean "optim.learningRate"?'],
  ['data.crop=100', 'RIFE_ERR_CLI_OPTION_VALUE', 'a multiple of 32'],
  ['steps=1.5.2', 'RIFE_ERR_CLI_OPTION_VALUE', 'a whole number of at least 1'],
  ['plugins.recover.every=3', 'RIFE_ERR_CLI_SET_PLUGINS', 'recover({every: 100})'],
  ['crop', 'RIFE_ERR_CLI_USAGE', '<option>=<value>'],
  ['=3', 'RIFE_ERR_CLI_USAGE', '<option>=<value>'],
])('--set %s is refused with %s', (setting, code, part) => {
  expect(() => set(setting)).toThrow(
    expect.objectContaining({code, message: expect.stringContaining(part) as string}),
  );
});
