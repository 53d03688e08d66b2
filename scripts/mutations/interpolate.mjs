/** Mutations of what makes a video out of frames. */
import {oneEditIn} from './mutation.mjs';
import {interpolatedFrames, practicalRife} from './tests.mjs';

const mutation = oneEditIn('packages/video/src');

export const INTERPOLATE_MUTATIONS = [
  mutation(
    'interpolate/time',
    'plan/timeline',
    'positions are those of the inverse rate',
    'this.step = rateOf(clock.rate.over * fps.under, clock.rate.under * fps.over);',
    'this.step = rateOf(clock.rate.under * fps.over, clock.rate.over * fps.under);',
    interpolatedFrames('24000'),
  ),
  mutation(
    'interpolate/cut',
    'plan/outputs',
    'across a cut frames are blended',
    'const isMade = over > 0 && !isStatic && !isCut;',
    'const isMade = over > 0 && !isStatic;',
    interpolatedFrames('across a cut'),
  ),
  mutation(
    'interpolate/rounding',
    'scene/likeness',
    'values are cut off',
    "how === 'nearest' ? 0.5 : 0",
    "how === 'nearest' ? 0 : 0",
    interpolatedFrames('nearest'),
  ),
  mutation(
    'practical/static',
    'plan/practicalRife',
    'a static frame is kept',
    "[img1, next] = [made, quantized(made, isDeep, 'down')];",
    '[img1, next] = [frame, frame];',
    practicalRife('replaces a static frame'),
  ),
];
