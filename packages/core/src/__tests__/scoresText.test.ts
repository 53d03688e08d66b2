import {scoresText} from '../log/scoresText.js';

test('a score stands beside that of the mean of the inputs, where that is known', () => {
  expect(scoresText({psnr: 32.57, ssim: 0.9, above: 3}, {psnr: 36.03, above: 2})).toBe(
    "psnr 32.57 (inputs' mean 36.03, gain -3.46), ssim 0.90, above 3.00 (inputs' mean 2.00, gain +1.00)",
  );
});
