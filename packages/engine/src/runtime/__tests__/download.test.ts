import {Download} from '../download.js';
import {pacedLog} from '../host.js';

/** A download on a clock that the test moves. */
function start(size = '273.8 MB') {
  const clock = {ms: 0};
  return {
    clock,
    download: new Download('tf-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl', size, () => clock.ms),
  };
}

test('size, rate of the last ten seconds, and time left', () => {
  const {clock, download} = start();
  const states: string[] = [];
  for (let second = 1; second <= 30; second++) {
    clock.ms += 1000;
    // 2 MB a second at first, 10 MB a second from then on.
    states.push(download.progress(second <= 10 ? second * 2e6 : 20e6 + (second - 10) * 10e6));
  }
  expect(states[0]).toBe('fetching tf 2.21.0: 2 of 273.8 MB, 2.0 MB/s, 2 min left');
  expect(states[14]).toBe('fetching tf 2.21.0: 70 of 273.8 MB, 6.0 MB/s, 34 s left');
  expect(states[29]).toBe('fetching tf 2.21.0: 220 of 273.8 MB, 10.0 MB/s, 6 s left');
});

test('a network that has stopped', () => {
  const {clock, download} = start();
  for (let i = 0; i < 20; i++) {
    clock.ms += 1000;
    download.progress(5e6);
  }
  expect(download.progress(5e6)).toMatch(
    /^fetching tf 2\.21\.0: 5 of 273\.8 MB, nothing received for \d\d s$/,
  );
});

test('what pip does after the download does not count in its time', () => {
  const {clock, download} = start();
  const at = (ms: number, bytes: number) => ((clock.ms = ms), download.progress(bytes));
  at(5000, 100e6);
  const checked = 'fetching tf 2.21.0: all of 273.8 MB, pip checks it';
  expect(at(10_000, 273.77e6)).toBe(checked);
  // The copy that pip makes is a new file.
  expect(at(15_000, 1e6)).toBe(checked);
  expect(download.summary()).toBe('fetched tf 2.21.0: 273.8 MB in 10 s (27.4 MB/s)');
});

test.each([
  ['273.8 MB', 'fetched tf 2.21.0: 273.8 MB in 10 s (27.4 MB/s)'],
  ['1.2 GB', 'fetched tf 2.21.0: 1.2 GB in 10 s (120.0 MB/s)'],
  ['900 kB', 'fetched tf 2.21.0: 900 kB in 10 s (0.1 MB/s)'],
])('%s, summed up', (size, summary) => {
  const {clock, download} = start(size);
  clock.ms = 10_000;
  expect(download.summary()).toBe(summary);
});

test('a log gets a state after 5 s, then after 10, 20 and 40, then every minute; a line starts that anew', () => {
  let ms = 0;
  const logged: string[] = [];
  const {log, progress} = pacedLog(
    line => logged.push(line),
    () => ms,
  );
  for (; ms <= 300_000; ms += 500) progress(String(ms / 1000));
  expect(logged).toEqual(['5', '15', '35', '75', '135', '195', '255']);
  log('done');
  for (const end = ms + 10_000; ms <= end; ms += 500) progress(String(ms / 1000));
  expect(logged.slice(7)).toEqual(['done', '305.5']);
});
