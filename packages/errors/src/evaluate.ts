/** Errors of `rife-train eval`: sets, their files, and how they are measured. */
import {showValue} from './core.js';
import {RifeError} from './rifeError.js';

const part = 'evaluate';
const sides = ({height, width}: {height: number; width: number}) => `${height} x ${width}`;

/** `a, b, c and 9 more`. */
const firstOf = (names: readonly string[], most = 6) =>
  names.slice(0, most).join(', ') + (names.length > most ? ` and ${names.length - most} more` : '');

/** A name that is no set. */
export const evalSetUnknown = (name: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_SET',
    part,
    what: `There is no set "${name}"`,
    expected: `Expected one of ${known.join(', ')}`,
    fix: 'Name one of these; "clips" takes any folder of clips',
  });

/** An option that a set does not have, or not with this value. */
export const evalSetOption = (set: string, option: string, got: unknown, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_OPTION',
    part,
    what: `"${option}" is ${showValue(got)} for the set ${set}`,
    expected: `Expected ${expected}`,
    fix: 'Correct the option, or leave it out',
  });

/** What a root that is not one of the set shows instead. */
export interface WrongRoot {
  title: string;
  expects: readonly string[];
  /** Names in the root; undefined where there is no such folder. */
  found: readonly string[] | undefined;
  /** A folder, and the sets whose layout it has. */
  looks: {folder: string; sets: readonly string[]} | undefined;
  /** Whether `looks.folder` is a root of the set itself. */
  isOwn: boolean;
}

const there = (found: WrongRoot['found']) => {
  if (found === undefined) return 'There is no such folder';
  return found.length > 0 ? `The folder holds ${firstOf(found)}` : 'The folder is empty';
};

const lookAlike = (looks: WrongRoot['looks']) =>
  looks ? `. "${looks.folder}" has the layout of ${firstOf(looks.sets)}` : '';

/** A root that does not have the layout of the set. */
export function evalRoot(root: string, {title, expects, found, looks, isOwn}: WrongRoot) {
  const other = looks && !isOwn;
  return new RifeError({
    code: 'RIFE_ERR_EVAL_ROOT',
    part,
    what: `"${root}" is no root of ${title}. ${there(found)}${lookAlike(looks)}`,
    expected: `Expected a folder with ${expects.join(' or ')}`,
    fix: isOwn
      ? `Use --root ${looks!.folder}`
      : `Correct --root${other ? `, or evaluate on ${looks.sets[0]} with --root ${looks.folder}` : ''}`,
  });
}

/** A clip that has not the frames that the set needs. */
export const evalClip = (path: string, problem: string, expected: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_CLIP',
    part,
    what: `The clip "${path}" ${problem}`,
    expected: `Expected ${expected}`,
    fix: 'Unpack or download the clip again; to evaluate on the others, move its folder out of the set',
  });

/** A line of a list that can't be followed. */
export const evalList = (list: string, line: number, text: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_LIST',
    part,
    what: `Line ${line} of ${list}, ${showValue(text)}, ${problem}`,
    fix: 'Take the list as it was published',
  });

/** Nothing of a set is whole. */
export const evalEmpty = (title: string, root: string, missing: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_EMPTY',
    part,
    what: `No target of ${title} is complete in "${root}"${missing.length > 0 ? `. Missing: ${firstOf(missing)}` : ''}`,
    expected: 'Expected both inputs and the frame between them for at least one target',
    fix: 'Unpack or download the set again, or correct --root',
  });

/** A picture of a set that can't be read. */
export const evalPicture = (path: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_PICTURE',
    part,
    what: `"${path}" can't be read: ${reason}`,
    expected: 'Expected a complete picture',
    fix: 'Unpack or download it again',
    cause,
  });

/** A picture whose values would have to be changed before they could be compared. */
export const evalFormat = (path: string, is: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_FORMAT',
    part,
    what: `"${path}" is ${is}`,
    expected: 'Expected colours of 8 bits a channel: scores of converted pictures are not those of the set',
    fix: 'Take the pictures as they were published; convert those of your own to 8-bit RGB first',
  });

/** Pictures of one clip or pair with different sizes. */
export const evalSizes = (
  [path0, size0]: readonly [string, {height: number; width: number}],
  [path1, size1]: readonly [string, {height: number; width: number}],
) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_SIZES',
    part,
    what: `"${path0}" is ${sides(size0)} and "${path1}" is ${sides(size1)} (height x width)`,
    expected: 'Expected one size for all pictures of a clip',
    fix: 'Unpack or download the clip again',
  });

/** Pictures of which the protocol's part can't be taken. `view` says what is taken. */
export const evalView = (path: string, size: {height: number; width: number}, view: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_VIEW',
    part,
    what: `"${path}" is ${sides(size)} (height x width)`,
    expected: `Expected ${view}`,
    fix: 'Take the pictures in their published size, or a smaller crop',
  });

/** A raw video that is not what its name says. */
export const evalYuv = (path: string, problem: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_YUV',
    part,
    what: `"${path}" ${problem}`,
    expected: 'Expected whole frames of 8-bit planes Y, U and V (4:2:0), without headers',
    fix: 'Download it again, or check its size in pixels',
  });

/** A frame below the window of a metric. */
export const evalMetricSize = (metric: string, least: number, size: {height: number; width: number}) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_METRIC_SIZE',
    part,
    what: `${metric} is not defined for ${sides(size)} pixels (height x width)`,
    expected: `Expected at least ${least} on each side: the metric's window lies wholly inside the frame`,
    fix: 'Leave this metric out, or take larger frames',
  });

/** Frames for whose flow OpenCV has too little memory. */
export const evalFlowSize = (size: {height: number; width: number}, most: number) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_FLOW_SIZE',
    part,
    what: `The flow of ${sides(size)} pixels (height x width) takes more memory than OpenCV has as WebAssembly`,
    expected: `Expected at most ${most / 1e6} million pixels`,
    fix: 'Leave the metric tof out, or take smaller frames',
  });

/** A protocol that is not defined on a set. */
export const evalProtocol = (set: string, name: string, known: readonly string[]) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_PROTOCOL',
    part,
    what: `There is no protocol "${name}" on the set ${set}`,
    expected: `Expected one of ${known.join(', ')}`,
    fix: 'Name one of these; docs/evaluation.md says what each of them does',
  });

/** LPIPS is asked for, without the weights that it needs. */
export const evalLpips = (protocol: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_LPIPS',
    part,
    what: `LPIPS is measured with AlexNet, whose weights were not named (protocol ${protocol})`,
    expected: "Expected torchvision's file, alexnet-owt-7be5be79.pth",
    fix: 'Add --lpips <file>, or choose another --protocol',
  });

/** A folder that holds scores of something else. */
export const evalExists = (folder: string) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_EXISTS',
    part,
    what: `${folder} holds scores of another evaluation: other weights, frames, options or version`,
    expected: 'It was not changed',
    fix: 'Name another --out, or add --yes to begin again',
  });

/** Scores or the report can't be written. */
export const evalOutput = (path: string, reason: string, cause?: unknown) =>
  new RifeError({
    code: 'RIFE_ERR_EVAL_OUTPUT',
    part,
    what: `${path} can't be written: ${reason}`,
    expected: 'Scores of the pairs before are kept',
    fix: 'Free disk space or name another --out; the same command goes on',
    cause,
  });
