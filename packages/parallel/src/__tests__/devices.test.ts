import {assignDevices, visibleGpus, type AssignRequest} from '../devices';
import {launch} from './support';

const probe = (gpus: number) => ({
  list: () => Array.from({length: gpus}, (_, i) => `GPU ${i}: NVIDIA H100 (UUID: GPU-${i})`).join('\n'),
  driver: () => {
    throw new Error('not asked');
  },
});

test.each([
  [4, {}, ['0', '1', '2', '3']],
  [0, {}, []],
  [4, {CUDA_VISIBLE_DEVICES: '2,0'}, ['2', '0']],
  [4, {CUDA_VISIBLE_DEVICES: ' GPU-ab , 1'}, ['GPU-ab', '1']],
  [4, {CUDA_VISIBLE_DEVICES: ''}, []],
  // As for CUDA, entries after a missing device do not count.
  [2, {CUDA_VISIBLE_DEVICES: '1,7,0'}, ['1']],
  [2, {CUDA_VISIBLE_DEVICES: '-1'}, []],
])('of %i GPUs and %j, %j are visible', (count, env, expected) => {
  expect(visibleGpus(env, probe(count))).toEqual(expected);
});

test('the driver is asked where its program is missing', () => {
  const fail = (): never => {
    throw new Error('ENOENT');
  };
  expect(visibleGpus({}, {list: fail, driver: () => ['0000:01', '0000:02']})).toEqual(['0', '1']);
  expect(visibleGpus({}, {list: fail, driver: fail})).toEqual([]);
});

const assign = (request: Partial<AssignRequest>) =>
  assignDevices({count: 2, ownProcess: true, devices: 'cpu', env: {}, cores: 8, ...request});

test('processes have a GPU of their own, which is the only one that they see', () => {
  const assigned = assign({devices: ['3', 'GPU-x', '5']});
  expect(assigned.map(({device}) => device)).toEqual(['', '']);
  expect(assigned.map(({env}) => env['CUDA_VISIBLE_DEVICES'])).toEqual(['3', 'GPU-x']);
  expect(assigned[0]!.env).toMatchObject({
    TF_NUM_INTRAOP_THREADS: '4',
    TF_NUM_INTEROP_THREADS: '4',
  });
});

test('threads are placed by the graph', () => {
  expect(assign({ownProcess: false, devices: ['0', '1']}).map(({device}) => device)).toEqual([
    '/device:GPU:0',
    '/device:GPU:1',
  ]);
  expect(assign({ownProcess: false}).map(({device}) => device)).toEqual(['/device:CPU:0', '/device:CPU:0']);
});

test('fewer GPUs than replicas are an error, none at all is the processor', () => {
  expect(() => assign({count: 3, devices: ['0', '1']})).toThrow(
    expect.objectContaining({
      code: 'RIFE_ERR_PARALLEL_DEVICES',
      message: expect.stringContaining('there are 2 GPUs'),
    }),
  );
  const auto = assign({devices: 'auto', env: {CUDA_VISIBLE_DEVICES: ''}});
  expect(auto.map(({device, env}) => [device, 'CUDA_VISIBLE_DEVICES' in env])).toEqual([
    ['', false],
    ['', false],
  ]);
});

test('cores are shared out, one at least; what is set stays', () => {
  expect(assign({count: 3, cores: 2})[0]!.env['TF_NUM_INTRAOP_THREADS']).toBe('1');
  expect(assign({env: {TF_NUM_INTRAOP_THREADS: '7'}})[1]!.env['TF_NUM_INTRAOP_THREADS']).toBe('7');
});

test('a process really gets it', async () => {
  const body = `return [process.env.TF_NUM_INTRAOP_THREADS !== undefined, process.env.CUDA_VISIBLE_DEVICES, device];`;
  const launched = await launch(body, {launcher: 'process', devices: ['4', '5']});
  expect(launched).toEqual([
    [true, '4', ''],
    [true, '5', ''],
  ]);
});
