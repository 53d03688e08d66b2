/** Selects the frames shown in the page of `data doctor`. */
import type {Finding} from './findings.js';
import {framePictures} from './pictures.js';
import type {DataReport, ExaminedClip} from './report.js';

/** Findings of a kind that get pictures, to keep the page small. */
const SHOWN = 8;

/** A frame to show, with its caption. */
interface Shot {
  clip: ExaminedClip;
  frame: number;
  caption: string;
}

/** A picture on the page. */
export interface Picture {
  /** `data:image/webp;base64,...` */
  uri: string;
  caption: string;
}

/** Pictures of findings and of the fastest clips, by their index in the report. */
export interface Pictures {
  findings: Map<number, Picture[]>;
  fastest: Map<number, Picture[]>;
}

const keyOf = (split: string, clip: string) => `${split}/${clip}`;

/** Offsets of the shown frames from the reported one. */
const OFFSETS: Partial<Record<Finding['kind'], readonly number[]>> = {
  cut: [-1, 0],
  'frame-size': [-1, 0],
  'missing-frame': [-1, 0],
  'repeated-frame': [-1, 0],
  'odd-frame': [-1, 0, 1],
  flash: [-1, 0, 1],
  'black-frame': [-1, 0, 1],
};

function around(clip: ExaminedClip, frame: number, offsets: readonly number[]): Shot[] {
  const frames = offsets.map(offset => frame + offset).filter(at => at >= 0 && at < clip.exam.frames);
  return frames.map(at => ({clip, frame: at, caption: `frame ${at}`}));
}

function shotsOf(finding: Finding, clips: ReadonlyMap<string, ExaminedClip>): Shot[] {
  const clip = clips.get(keyOf(finding.split, finding.clip));
  if (!clip) return [];
  const {frames} = clip.exam;
  if (finding.kind === 'static') return around(clip, 0, [0, frames - 1]);
  const offsets = OFFSETS[finding.kind];
  if (offsets && finding.frame !== undefined) return around(clip, finding.frame, offsets);
  const other = finding.other && clips.get(keyOf(finding.other.split, finding.other.clip));
  if (!other) return [];
  return [other, clip].map(one => ({
    clip: one,
    frame: one.exam.frames >> 1,
    caption: `${one.split} ${one.found.id}, frame ${one.exam.frames >> 1}`,
  }));
}

async function take(shots: readonly Shot[]): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const clip of new Set(shots.map(shot => shot.clip))) {
    const own = shots.filter(shot => shot.clip === clip);
    const uris = await framePictures(
      clip,
      own.map(({frame}) => frame),
    );
    for (const [i, uri] of uris.entries()) if (uri) pictures.push({uri, caption: own[i]!.caption});
  }
  return pictures;
}

/** Pictures of the first eight findings of each kind, and of the pairs that move most. */
export async function picturesOf(report: DataReport, examined: readonly ExaminedClip[]): Promise<Pictures> {
  const clips = new Map(examined.map(clip => [keyOf(clip.split, clip.found.id), clip]));
  const shown = new Map<string, number>();
  const pictures: Pictures = {findings: new Map(), fastest: new Map()};
  for (const [index, finding] of report.findings.entries()) {
    const count = shown.get(finding.kind) ?? 0;
    shown.set(finding.kind, count + 1);
    if (count < SHOWN) pictures.findings.set(index, await take(shotsOf(finding, clips)));
  }
  for (const [index, {split, clip, frame}] of report.fastest.entries()) {
    const one = clips.get(keyOf(split, clip));
    if (one) pictures.fastest.set(index, await take(around(one, frame, [0, 1])));
  }
  return pictures;
}
