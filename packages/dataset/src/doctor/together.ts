/** Findings that need all clips: lengths, sizes, duplicates. */
import {framesFor} from '@rife-train/data/parts';
import {duplicateClips} from './duplicates.js';
import {finding, type ClipFinding, type Finding} from './findings.js';
import type {ExaminedClip} from './report.js';

export interface Wanted {
  /** Expected frames of each clip; by default, what at least half of at least three clips have. */
  frames?: number | undefined;
  /** Smallest gap of the configuration. */
  minGap: number;
  /** Height and width; not checked without it. */
  crop?: readonly [number, number] | undefined;
}

const LEAST_CLIPS = 3;

/** Length that at least half of the clips have. */
function usualLength(clips: readonly ExaminedClip[]): number | undefined {
  const counts = new Map<number, number>();
  for (const {exam} of clips) counts.set(exam.frames, (counts.get(exam.frames) ?? 0) + 1);
  const [frames, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [0, 0];
  return clips.length >= LEAST_CLIPS && 2 * count >= clips.length ? frames : undefined;
}

function lengthFinding(frames: number, usual: number | undefined, wanted: number | undefined): ClipFinding[] {
  if (usual === undefined || frames === usual) return [];
  const than = wanted === undefined ? `most clips have ${usual}` : `${usual} were asked for`;
  const severity = wanted === undefined ? 'warning' : 'error';
  return [finding('length', `It has ${frames} frames; ${than}.`, {severity})];
}

function fitFindings({exam}: ExaminedClip, {minGap, crop}: Wanted): ClipFinding[] {
  const {frames, width, height} = exam;
  const found: ClipFinding[] = [];
  if (frames < framesFor(minGap)) {
    const text = `It has ${frames} frames; the smallest gap, ${minGap}, needs ${framesFor(minGap)}.`;
    found.push(finding('too-short', text));
  }
  if (crop && width > 0 && (height < crop[0] || width < crop[1])) {
    const text = `Its frames are ${height} x ${width} (height x width), smaller than the crop ${crop[0]} x ${crop[1]}.`;
    found.push(finding('crop-size', text));
  }
  return found;
}

const named = ({split, found}: ExaminedClip, more: ClipFinding): Finding => ({
  ...more,
  split,
  clip: found.id,
});

/**
 * Clips that duplicate another one. Between train and val this is an error: validation would
 * measure memorised clips.
 */
export function duplicateFindings(clips: readonly ExaminedClip[]): Finding[] {
  return duplicateClips(clips.map(({exam}) => exam.signature)).map(({first, second, share}) => {
    const [one, copy] = [clips[first]!, clips[second]!];
    const other = {split: one.split, clip: one.found.id};
    const what = share === 1 ? 'the same' : `${Math.round(100 * share)} % of the frames of`;
    const text =
      share === 1
        ? `It shows what ${other.split} clip "${other.clip}" shows.`
        : `It has ${what} ${other.split} clip "${other.clip}".`;
    return named(copy, finding(one.split === copy.split ? 'duplicate-clip' : 'leak', text, {other}));
  });
}

/**
 * Findings from comparing clips with each other and with the configuration. Clips that can't be
 * opened are skipped: they have a finding already.
 */
export function findingsTogether(clips: readonly ExaminedClip[], wanted: Wanted): Finding[] {
  const opened = clips.filter(({exam}) => exam.frames > 0);
  const usual = wanted.frames ?? usualLength(opened);
  return [
    ...opened.flatMap(clip =>
      [...fitFindings(clip, wanted), ...lengthFinding(clip.exam.frames, usual, wanted.frames)].map(one =>
        named(clip, one),
      ),
    ),
    ...duplicateFindings(clips),
  ];
}
