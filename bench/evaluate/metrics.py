"""Reference values of the metrics, in float64, by the definitions in the scripts of the field.

    python3 bench/evaluate/metrics.py            # needs numpy, scipy, scikit-image, flip-evaluator

SSIM of scikit-image is its own function, on RGB bytes and on XVFI's luma. The others are written
here after the public scripts with whole padded arrays, so that nothing is shared with the code
under test. FLIP also comes from flip_evaluator, which works in float32.

The output is packages/evaluate/src/metrics/__tests__/fixtures/scores.json.
"""
import json

import flip_evaluator
import numpy as np
from scipy.ndimage import correlate1d
from skimage.metrics import structural_similarity


def fixture_frame(k, h, w, t):
    """uint8 [h,w,3] BGR, as fixtureFrame of @rife-train/testing."""
    modulo = lambda a, n: a % n
    ux, uy = modulo(7 * k, 11) - 5, modulo(5 * k, 9) - 4
    wx, wy = modulo(3 * k, 13) - 6, modulo(4 * k, 7) - 3
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    big_x, big_y, p, q = x - ux * t, y - uy * t, x - wx * t, y - wy * t
    cx, cy = (w - 1) / 2 + wx * (t - 0.5), (h - 1) / 2 + wy * (t - 0.5)
    al = np.clip((min(h, w) / 4 - np.sqrt((x - cx) ** 2 + (y - cy) ** 2)) / 2 + 0.5, 0, 1)
    planes = []
    for c in range(3):
        bg = (0.5 + 0.18 * np.sin(2 * np.pi * (big_x / 23 + big_y / 37) + 0.9 * c + 1.3 * k)
              + 0.14 * np.sin(2 * np.pi * (big_x / 11 - big_y / 17) + 1.7 * c + 0.4 * k)
              + 0.1 * np.sin(2 * np.pi * (big_x / 61 + big_y / 7) + 2.1 * c + 0.7 * k))
        fg = 0.5 + 0.3 * np.sin(2 * np.pi * p / 13 + c + 0.2 * k) * np.sin(2 * np.pi * q / 9 + 2 * c)
        planes.append(np.floor(255 * np.clip(bg + al * (fg - bg), 0, 1) + 0.497))
    return np.stack(planes, -1).astype(np.uint8)


def pattern(h, w):
    """A picture of whole numbers, and the same with noise, which is clipped."""
    y, x, c = np.mgrid[0:h, 0:w, 0:3]
    gt = (5 * x + 3 * y + 40 * c + x * y // 7) % 256
    noise = (x * 37 + y * 91 + c * 53 + x * y * 17) % 83 - 41
    return np.clip(gt + noise, 0, 255).astype(np.uint8), gt.astype(np.uint8)


def gaussian(size):
    taps = np.exp(-((np.arange(size) - size // 2) ** 2) / (2 * 1.5**2))
    return taps / taps.sum()


def ssim_map(a, b, blur, c1=0.01**2, c2=0.03**2):
    m1, m2 = blur(a), blur(b)
    s1, s2, s12 = blur(a * a) - m1**2, blur(b * b) - m2**2, blur(a * b) - m1 * m2
    return (2 * m1 * m2 + c1) * (2 * s12 + c2) / ((m1**2 + m2**2 + c1) * (s1 + s2 + c2))


def padded_blur(axes):
    """Replicate padding of five, then a window without padding, along some axes of [H,W,3]."""
    def blur(values, taps):
        for axis in axes:
            pad = [(0, 0)] * 3
            pad[axis] = (5, 5)
            padded = np.pad(values, pad, mode='edge')
            count = padded.shape[axis] - len(taps) + 1
            values = sum(t * np.take(padded, range(k, k + count), axis) for k, t in enumerate(taps))
        return values
    return blur


def gaussian_ssim(a, b, axes):
    taps = gaussian(min(11, *a.shape[:2]))
    blur = padded_blur(axes)
    return ssim_map(a, b, lambda v: blur(v, taps)).mean()


def ssim_tf(a, b):
    taps = gaussian(11)
    blur = lambda v: correlate1d(correlate1d(v, taps, 0), taps, 1)[5:-5, 5:-5]
    return ssim_map(a, b, blur).mean()


def luma(bgr, b, g, r, offset=0.0):
    return offset + b * bgr[..., 0] + g * bgr[..., 1] + r * bgr[..., 2]


def ssim_xvfi(prediction, gt):
    a, b = (luma(p.astype(np.float64), 0.097905882352941, 0.504129411764706, 0.256788235294118, 16)
            for p in (prediction, gt))
    return structural_similarity(a, b, data_range=a.max() - a.min())


def flip_evaluator_score(prediction, gt):
    unit = lambda p: np.ascontiguousarray(p[..., ::-1]).astype(np.float32) / 255
    return float(flip_evaluator.evaluate(unit(gt), unit(prediction), 'LDR', inputsRGB=True)[1])


WHITE = np.array([0.950428545, 1, 1.088900371])
TO_XYZ = np.array([[10135552, 8788810, 4435075], [2613072, 8788810, 887015], [1425312, 8788810, 70074185]]
                  ) / np.array([[24577794], [12288897], [73733382]])
TO_RGB = np.array([[3.241003275, -1.537398934, -0.498615861], [-0.969224334, 1.875930071, 0.041554224],
                   [0.055639423, -0.204011202, 1.057148933]])
PER_DEGREE = 0.7 * (3840 / 0.7) * np.pi / 180


def filter2(values, across, down):
    return correlate1d(correlate1d(values, across, 1, mode='nearest'), down, 0, mode='nearest')


def hunt_lab(rgb):
    t = np.clip(rgb, 0, 1) @ TO_XYZ.T / WHITE
    delta = 6 / 29
    f = np.where(t > delta**3, np.cbrt(t), t / (3 * delta**2) + 4 / 29)
    lightness = 116 * f[..., 1] - 16
    a, b = 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])
    return np.stack([lightness, 0.01 * lightness * a, 0.01 * lightness * b], -1)


def hyab(a, b):
    d = a - b
    return (np.abs(d[..., 0]) + np.hypot(d[..., 1], d[..., 2])) ** 0.7


def flip_picture(bytes_bgr):
    """Lab after the eye's filters, and strengths of edges and points."""
    s = bytes_bgr[..., ::-1] / 255
    xyz = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4) @ TO_XYZ.T / WHITE
    x, y, z = np.moveaxis(xyz, -1, 0)
    luma_, cx, cz = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    d = np.arange(-10, 11) / PER_DEGREE
    eye = lambda a, b: np.sqrt(a * np.sqrt(np.pi / b)) * np.exp(-np.pi**2 * d**2 / b)
    one = lambda g: g / g.sum()
    wide, narrow = eye(34.1, 0.04), eye(13.5, 0.025)
    scale = 1 / np.sqrt(wide.sum() ** 2 + narrow.sum() ** 2)
    cz = filter2(cz, scale * wide, scale * wide) + filter2(cz, scale * narrow, scale * narrow)
    cx = filter2(cx, one(eye(1, 0.0053)), one(eye(1, 0.0053)))
    fy = (filter2(luma_, one(eye(1, 0.0047)), one(eye(1, 0.0047))) + 16) / 116
    lab = hunt_lab((np.stack([cx / 500 + fy, fy, fy - cz / 200], -1) * WHITE) @ TO_RGB.T)
    sigma = 0.5 * 0.082 * PER_DEGREE
    i = np.arange(-9, 10)
    g = np.exp(-(i**2) / (2 * sigma**2))
    balance = lambda v: np.where(v > 0, v / v[v > 0].sum(), v / -v[v < 0].sum())
    first, second, g = balance(-i * g), balance((i**2 / sigma**2 - 1) * g), g / g.sum()
    edge = np.hypot(filter2(y, first, g), filter2(y, g, first))
    point = np.hypot(filter2(y, second, g), filter2(y, g, second))
    return lab, edge, point


def flip(prediction, gt):
    (lab0, edge0, point0), (lab1, edge1, point1) = flip_picture(prediction), flip_picture(gt)
    largest = hyab(hunt_lab(np.array([0.0, 1, 0])), hunt_lab(np.array([0.0, 0, 1])))
    knee, distance = 0.4 * largest, hyab(lab0, lab1)
    colour = np.where(distance < knee, distance * 0.95 / knee,
                      0.95 + 0.05 * (distance - knee) / (largest - knee))
    feature = np.sqrt(np.maximum(np.abs(edge0 - edge1), np.abs(point0 - point1)) / np.sqrt(2))
    return (colour ** (1 - feature)).mean()


def psnr(a, b):
    return -10 * np.log10(np.mean((a - b) ** 2))


def scores(exact, gt):
    """Scores of a prediction in 0..255, halves included, against bytes."""
    rounded = np.round(exact)
    a, r, g = exact / 255, rounded / 255, gt / 255
    found = {
        'psnr': psnr(a, g),
        'psnrRounded': psnr(r, g),
        'ie': np.abs(rounded - gt).mean(),
        'psnrY': psnr(*(luma(v, 0.114, 0.587, 0.299) for v in (r, g))),
        'ssimMatlab': gaussian_ssim(a, g, (0, 1, 2)),
        'ssimMatlabRounded': gaussian_ssim(r, g, (0, 1, 2)),
        'ssim2dRounded': gaussian_ssim(r, g, (0, 1)),
    }
    if min(gt.shape[:2]) >= 7:
        found['ssimSkimage'] = structural_similarity(rounded.astype(np.uint8), gt, channel_axis=2)
        found['ssimXvfi'] = ssim_xvfi(rounded, gt)
    if min(gt.shape[:2]) >= 11:
        found['ssimTf'] = ssim_tf(a, g)
    found['flipRounded'] = flip(rounded, gt)
    found['flipEvaluator'] = flip_evaluator_score(rounded, gt)
    return found


def fixture_scores(k, h, w):
    ends = [fixture_frame(k, h, w, t).astype(np.float64) for t in (0, 1)]
    return scores((ends[0] + ends[1]) / 2, fixture_frame(k, h, w, 0.5))


def pattern_scores(h, w):
    prediction, gt = pattern(h, w)
    return scores(prediction.astype(np.float64), gt)


def main():
    sizes = [(1, 1), (4, 30), (7, 7), (10, 12), (11, 11), (9, 530), (37, 53), (67, 519)]
    print(json.dumps({
        'fixtures': [{'k': k, 'h': h, 'w': w, 'scores': fixture_scores(k, h, w)}
                     for k, h, w in [(0, 64, 96), (3, 75, 101), (8, 131, 90)]],
        'patterns': [{'h': h, 'w': w, 'scores': pattern_scores(h, w)} for h, w in sizes],
    }, indent=1))


main()
