"""PSNR of the middle frame by OpenCV's DIS flow (preset medium): both images are warped half way
along the flow in either direction, and averaged. Called by score.mjs with a folder of raw triplets."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

folder = Path(sys.argv[1])
dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)


def warped(image, flow):
    """Samples `image` at pixel + flow, with the border repeated."""
    rows, columns = np.mgrid[0 : flow.shape[0], 0 : flow.shape[1]].astype(np.float32)
    return cv2.remap(
        image, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def middle(first, second):
    """The frame half way between, as flow t->0 and t->1 of constant motion give it."""
    grey = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in (first, second)]
    forward, backward = dis.calc(grey[0], grey[1], None), dis.calc(grey[1], grey[0], None)
    return (warped(first, backward * 0.5).astype(np.float32) + warped(second, forward * 0.5)) / 2


scores = []
for number, size in enumerate(json.loads((folder / "index.json").read_text())):
    shape = (3, size["height"], size["width"], 3)
    first, truth, second = np.fromfile(folder / f"{number}.raw", np.uint8).reshape(shape)
    error = np.round(middle(first, second)) - truth
    scores.append(float(-10 * np.log10(np.mean(error**2) / 255**2)))
print(json.dumps(scores))
