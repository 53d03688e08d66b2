/** What was decided, in words. */
import {plural} from '@rife-train/errors';
import type {Counts} from '@rife-train/video';

/** @param scene likeness of a cut; 0: none was looked for */
export function countsText(
  {read, originals, made, cuts, static: still, untimely}: Counts,
  scene: number,
): string[] {
  const facts = [
    `${originals} originals and ${made} made of ${plural(read, 'source frame')}`,
    scene > 0 ? plural(cuts, 'scene cut') : 'scene cuts not looked for',
    plural(still, 'static pair'),
    ...(untimely > 0 ? [`${plural(untimely, 'frame')} without a time of their own left out`] : []),
  ];
  return [facts.join('; ')];
}
