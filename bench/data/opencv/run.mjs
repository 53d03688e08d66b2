/**
 * Are decoded pictures those of OpenCV? Every colour model, bit depth and mark of orientation that
 * PNG, JPEG and WebP have, read by this package and by cv2.imread(path), the reader of the
 * reference.
 *
 *     python3 -m venv /tmp/cv && /tmp/cv/bin/pip install opencv-python-headless numpy Pillow
 *     node bench/data/opencv/run.mjs --python /tmp/cv/bin/python [--out bench/results/opencv.json]
 *
 * Prints a table, one line for each group of pictures. Exit code 1 where a pixel differs.
 */
import '../../../scripts/freshDist.mjs';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {readPicture} from '@rife-train/data';

const {values} = parseArgs({
  options: {python: {type: 'string', default: 'python3'}, out: {type: 'string'}},
});

/** Groups of pictures by the beginning of their names; the first that fits counts. */
const GROUPS = [
  ['PNG, grey of 1, 2, 4, 8, 16 bits, with and without alpha', /^png-grey-(?!.*exif)/],
  ['PNG, RGB and RGBA of 8, 16 bits, gAMA, sRGB, ICC, bKGD, sBIT', /^png-rgba?-(?!.*exif)/],
  ['PNG, palette of 1, 2, 4, 8 bits, with and without transparency', /^png-palette/],
  ['PNG, animated: the first picture', /^png-animated/],
  ['PNG with a mark of orientation (eXIf)', /^png-.*exif/],
  ['JPEG, YCbCr 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1', /^jpg-4\d\d(-q\d+)?\.jpg/],
  [
    'JPEG, progressive, optimised, with restarts, bytes after the end',
    /^jpg-(progressive|optimised|restarts|trailing)/,
  ],
  ['JPEG, grey, RGB, with a profile', /^jpg-(grey|rgb|icc)(?!.*exif)/],
  ['JPEG, CMYK, YCCK, with and without Adobe’s mark and a profile', /^jpg-(cmyk|ycck)(?!.*exif)/],
  [
    'JPEG with a mark of orientation, each of the eight, both byte orders, other places, damaged',
    /^jpg-.*exif/,
  ],
  ['WebP, lossless, lossy, with alpha, with a profile', /^webp-(lossless|lossy)(?!.*exif)/],
  ['WebP, animated: the first picture', /^webp-animated/],
  ['WebP with a mark of orientation', /^webp-.*exif/],
];

/** Difference between our pixels and OpenCV's; undefined if there is none. */
async function difference(folder, {file, height, width}) {
  const ours = await readPicture('opencv', join(folder, file)).catch(error => error);
  if (height === 0) return ours instanceof Error ? undefined : 'OpenCV refuses it';
  if (ours instanceof Error) return ours.message;
  if (ours.height !== height || ours.width !== width)
    return `${ours.height} x ${ours.width}, not ${height} x ${width}`;
  const theirs = readFileSync(join(folder, `${file}.rgb`));
  const levels = theirs.map((value, i) => Math.abs(value - ours.rgb[i]));
  const most = levels.reduce((a, b) => Math.max(a, b), 0);
  return most > 0 ? `up to ${most} levels` : undefined;
}

async function compare(folder) {
  const {opencv, pictures} = JSON.parse(readFileSync(join(folder, 'list.json'), 'utf8'));
  const groups = GROUPS.map(([name]) => ({name, pictures: 0, equal: 0, differ: []}));
  for (const picture of pictures) {
    const group = groups[GROUPS.findIndex(([, pattern]) => pattern.test(picture.file))];
    if (!group) throw new Error(`${picture.file} is in no group`);
    const differs = await difference(folder, picture);
    group.pictures++;
    if (differs) group.differ.push(`${picture.file}: ${differs}`);
    else group.equal++;
  }
  return {opencv, groups};
}

function print({opencv, groups}) {
  console.log(
    `| pictures | compared | equal to cv2.imread of OpenCV ${opencv}, bit by bit |\n|---|---:|---:|`,
  );
  for (const {name, pictures, equal} of groups) console.log(`| ${name} | ${pictures} | ${equal} |`);
  for (const line of groups.flatMap(({differ}) => differ)) console.log(line);
}

const folder = mkdtempSync(join(tmpdir(), 'rife-opencv-'));
try {
  const made = spawnSync(values.python, [join(import.meta.dirname, 'pictures.py'), folder], {
    stdio: 'inherit',
  });
  if (made.status !== 0) throw new Error(`${values.python} needs cv2, numpy and Pillow`);
  const result = await compare(folder);
  print(result);
  if (values.out) writeFileSync(values.out, `${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = result.groups.every(({differ}) => differ.length === 0) ? 0 : 1;
} finally {
  rmSync(folder, {recursive: true, force: true});
}
