"""Golden pictures of the augmentation, by cv2 and numpy: the reference's steps in its order
(dataset.py), then what is ours.

    python3 bench/twin/augment.py     # writes packages/data/src/__tests__/fixtures/augmented; needs opencv-python-headless and numpy

Each picture shows img0, gt and img1 side by side; cases.json says what was done.
"""
import json
import os

import cv2
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(HERE, "../../packages/data/src/__tests__/fixtures")
LUMA = np.array([0.299, 0.587, 0.114])


def case(crop, shrink=1, colour=None, reverse=False, vertical=False, horizontal=False, swap=False, rotation=0):
    top, left, height, width = crop
    return {
        "crop": {"top": top, "left": left, "height": height, "width": width},
        "colour": colour,
        "augmentation": {
            "reverseChannels": reverse,
            "flipVertical": vertical,
            "flipHorizontal": horizontal,
            "swap": swap,
            "rotation": rotation,
            **({"shrink": shrink} if shrink > 1 else {}),
        },
    }


CASES = [
    case((10, 20, 64, 64)),
    case((0, 64, 64, 64), reverse=True, rotation=90),
    case((64, 0, 64, 64), vertical=True, swap=True, rotation=180),
    case((31, 17, 64, 64), horizontal=True, rotation=270),
    case((5, 3, 64, 96), reverse=True, vertical=True, horizontal=True, swap=True, rotation=180),
    case((0, 0, 128, 128), shrink=2),
    case((0, 0, 128, 128), shrink=4, horizontal=True, swap=True, rotation=90),
    case((10, 20, 64, 64), colour={"brightness": 1.3, "contrast": 0.8, "saturation": 0.4}),
    case((0, 0, 128, 128), shrink=2, reverse=True, colour={"brightness": 0.7, "contrast": 1.5, "saturation": 1.6}),
]


def area(image, factor):
    """cv2's INTER_AREA rounds halves of 4 x 4 means to even; ours go up, as its 2 x 2 ones do."""
    if factor <= 2:
        height, width = image.shape[:2]
        return cv2.resize(image, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
    height, width = image.shape[0] // factor, image.shape[1] // factor
    sums = image.astype(np.int64).reshape(height, factor, width, factor, 3).sum(axis=(1, 3))
    return np.floor(sums / factor**2 + 0.5).astype(np.uint8)


def recolour(image, brightness, contrast, saturation):
    rgb = image[:, :, ::-1].astype(np.float64)
    luma = (rgb * LUMA).sum(axis=2, keepdims=True)
    rgb = luma + saturation * (rgb - luma)
    rgb = 128 + contrast * (rgb - 128)
    rgb = brightness * rgb
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8)[:, :, ::-1]


def augmented(images, crop, augmentation, colour):
    top, left = crop["top"], crop["left"]
    images = [x[top : top + crop["height"], left : left + crop["width"]] for x in images]
    images = [area(x, augmentation.get("shrink", 1)) for x in images]
    if colour:
        images = [recolour(x, **colour) for x in images]
    if augmentation["reverseChannels"]:
        images = [x[:, :, ::-1] for x in images]
    if augmentation["flipVertical"]:
        images = [x[::-1] for x in images]
    if augmentation["flipHorizontal"]:
        images = [x[:, ::-1] for x in images]
    img0, gt, img1 = images
    if augmentation["swap"]:
        img0, img1 = img1, img0
    turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    done = [np.ascontiguousarray(x) for x in (img0, gt, img1)]
    if augmentation["rotation"]:
        done = [cv2.rotate(x, turns[augmentation["rotation"]]) for x in done]
    return np.concatenate(done, axis=1)


def main():
    frames = [cv2.imread(os.path.join(FIXTURES, "clip128", f"{i:04d}.png")) for i in (0, 4, 8)]
    out = os.path.join(FIXTURES, "augmented")
    os.makedirs(out, exist_ok=True)
    for number, made in enumerate(CASES):
        cv2.imwrite(os.path.join(out, f"{number}.png"), augmented(frames, **made))
    with open(os.path.join(out, "cases.json"), "w", encoding="utf8") as file:
        json.dump({"frames": [0, 4, 8], "cv2": cv2.__version__, "cases": CASES}, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
