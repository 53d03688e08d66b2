/** tOF against cv2 5.0.0 with the steps of JihyongOh/XVFI:utils.py, on fixture frames. */
import {greyOf, meanMotion, TargetFlow, type GreyStep} from '../tof.js';
import {fixturePair, fixturePicture} from './helpers/pictures.js';

const tofOf = (gt: GreyStep, prediction: GreyStep) => new TargetFlow(gt).distance(prediction);

describe.each([
  {height: 64, width: 96, first: 0.609506, second: 0.638192, motion: 6.40394, digits: 5},
  // One pixel's flow is hardly determined here: it moves the mean by 1e-5.
  {height: 256, width: 448, first: 4.409063, second: 1.507246, motion: 8.108067, digits: 4},
])('at $height x $width', ({height, width, first, second, motion, digits}) => {
  const [img0, gt, img1] = [0, 0.5, 1].map(t => fixturePicture(0, height, width, t));
  const [grey0, grey, grey1] = [img0!, gt!, img1!].map(greyOf);
  const predicted = greyOf(fixturePair(0, height, width)[0]);

  test('tOF of the mean of the inputs is that of OpenCV', async () => {
    const steps = [
      {previous: grey0!, current: grey!},
      {previous: grey0!, current: predicted},
    ] as const;
    expect(await tofOf(...steps)).toBeCloseTo(first, digits);
    expect(await tofOf(steps[1], steps[0])).toBeCloseTo(first, digits);
  });

  test('the flow of the target serves several predictions, each with its own frame before', async () => {
    const target = new TargetFlow({previous: grey!, current: grey1!});
    expect(await target.distance({previous: predicted, current: grey1!})).toBeCloseTo(second, digits);
    expect(await target.distance({previous: grey!, current: grey1!})).toBe(0);
    expect(await target.distance({previous: predicted, current: grey1!})).toBeCloseTo(second, digits);
  });

  test('the motion of small frames is the mean length of their flow', async () => {
    expect(await meanMotion(img0!, img1!)).toBeCloseTo(motion, digits);
    expect(await meanMotion(img0!, img0!)).toBeLessThan(0.01);
  });
});

test('the motion of large frames is that of smaller ones, in pixels of the full size', async () => {
  // A third of each side; cv2's flow of the means of 3 x 3 grey values, at the right edge of 2 x 3.
  expect(await meanMotion(fixturePicture(2, 300, 1001, 0), fixturePicture(2, 300, 1001, 3))).toBeCloseTo(
    15.8997,
    3,
  );
});
