/**
 * A disk in a file: ext4 with inodes of 128 bytes can't store fractions of seconds, and ext4 does
 * not share blocks between files.
 */
import {spawnSync} from 'node:child_process';
import {chmodSync, closeSync, mkdirSync, openSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Impossible} from './impossible.mjs';

/**
 * The file takes only the space that is written. The frame cache leaves 2 GB free, and packed
 * packages with their dependencies take about one.
 */
const BYTES = 8 * 2 ** 30;

function must(program, ...args) {
  const {status, error, stderr} = spawnSync(program, args, {encoding: 'utf8'});
  if (status !== 0)
    throw new Impossible(`${program}: ${error?.message ?? stderr.trim().split('\n').join(' ')}`);
}

export function coarseDisk(run) {
  if (process.getuid?.() !== 0) throw new Impossible('only root may mount a disk');
  const [image, disk] = [join(run.folder, 'coarse.ext4'), join(run.folder, 'disk')];
  closeSync(openSync(image, 'w'));
  truncateSync(image, BYTES);
  must('mkfs.ext4', '-q', '-F', '-I', '128', image);
  mkdirSync(disk);
  must('mount', '-o', 'loop', image, disk);
  run.cleanUps.push(() => spawnSync('umount', ['-l', disk]));
  run.temporary = join(disk, 'tmp');
  mkdirSync(run.temporary);
  chmodSync(run.temporary, 0o777);
  const probe = join(disk, 'probe');
  const fractions = [1, 2, 3].map(() => {
    writeFileSync(probe, '');
    return statSync(probe).mtimeMs % 1000;
  });
  if (fractions.some(ms => ms !== 0)) throw new Impossible('its time stamps have fractions of seconds');
}
