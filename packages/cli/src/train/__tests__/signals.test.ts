import {EventEmitter} from 'node:events';
import {watchSignals} from '../signals.js';

function watch() {
  const source = new EventEmitter();
  const calls: string[] = [];
  const clock = {ms: 0};
  const signals = watchSignals(
    signal => calls.push(`asked by ${signal}`),
    signal => calls.push(`forced by ${signal}`),
    source,
    () => clock.ms,
  );
  return {source, calls, signals, clock};
}

test('the first signal asks, the second one forces, whichever they are', () => {
  const {source, calls, signals, clock} = watch();
  expect(signals.received).toBeUndefined();
  source.emit('SIGTERM');
  expect(signals.received).toBe('SIGTERM');
  clock.ms = 600;
  source.emit('SIGINT');
  expect(calls).toEqual(['asked by SIGTERM', 'forced by SIGINT']);
});

test('after closing, signals do what they did before', () => {
  const {source, calls, signals} = watch();
  signals.close();
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0);
  source.emit('SIGINT');
  expect(calls).toEqual([]);
});

test('a signal that npm passes on is no second press', () => {
  const {source, calls, clock} = watch();
  source.emit('SIGINT');
  clock.ms = 20;
  source.emit('SIGINT');
  expect(calls).toEqual(['asked by SIGINT']);
});

test.each(['SIGHUP', 'SIGUSR1'])('%s asks, and is never a second press', name => {
  const {source, calls, signals, clock} = watch();
  source.emit(name);
  clock.ms = 5000;
  // The shell reports of a lost terminal, as the kernel does; a batch system ends what it has
  // warned.
  source.emit(name);
  source.emit('SIGTERM');
  expect([signals.received, calls]).toEqual([name, [`asked by ${name}`]]);
  clock.ms = 9000;
  source.emit('SIGTERM');
  expect(calls).toEqual([`asked by ${name}`, 'forced by SIGTERM']);
});
