"""LPIPS as the package `lpips` computes it, with deterministic weights in AlexNet; writes what it
gives on deterministic frames, in float64, and the learnt weights of the package as TypeScript.

    pip install lpips==0.1.4 torchvision
    python lpips_fixture.py
        # packages/model/src/lpips/__tests__/fixtures/lpips.json, packages/model/src/lpips/linearWeights.ts

AlexNet's pretrained weights are not needed.
"""

from __future__ import annotations

import base64
import hashlib
import textwrap
from importlib.metadata import distribution
from pathlib import Path

import lpips
import numpy as np
import torch
import torchvision
from torch import Tensor, nn

from deterministic import frame, weights
from testdata import nine_digits, write_json

OUT = Path(__file__).resolve().parents[2] / "packages/model/src/lpips"
# Sizes at which all layers fit, at which they leave out rows and columns, and the smallest one.
CASES = ((64, 96, 8), (47, 70, 9), (31, 31, 10))
HEAD = """/**
 * What was learnt in LPIPS 0.1 on top of AlexNet, `lpips/weights/v0.1/alex.pth` of the PyPI package
 * `lpips` 0.1.4 (richzhang/PerceptualSimilarity): a float32 for each channel, layer after layer, in
 * base64. 1,152 numbers are simpler to bundle than to fetch, and work without network access and
 * Python. Written by bench/twin/lpips_fixture.py. Their licence:
 *
"""


def make(dtype: torch.dtype, layout: torch.memory_format = torch.contiguous_format) -> lpips.LPIPS:
    """Deterministic weights, in the range of He's initialisation: features keep their size."""
    features = nn.ModuleDict({"features": torchvision.models.alexnet(weights=None).features})
    net = lpips.LPIPS(net="alex", version="0.1", pnet_rand=True, verbose=False)
    gain = np.float32(np.sqrt(6))
    slices = {name.split(".", 1)[1]: p for name, p in net.net.named_parameters()}
    for name, value in weights(features).items():
        scaled = value * gain if name.endswith(".weight") else value
        slices[name.removeprefix("features.")].data.copy_(torch.from_numpy(scaled))
    return net.to(dtype).to(memory_format=layout)


def pair(height: int, width: int, k: int, dtype: torch.dtype) -> list[Tensor]:
    """Two RGB frames in 0..1; channel 0 of the deterministic ones is B."""
    frames = (frame(k, height, width, t)[::-1].copy() for t in (0.0, 0.25))
    return [torch.from_numpy(f)[None].to(dtype) / 255 for f in frames]


def record(dtype: torch.dtype, layout: torch.memory_format = torch.contiguous_format) -> list[list[float]]:
    """The share of each layer, and the distance, for each case."""
    net = make(dtype, layout)
    found = []
    for case in CASES:
        images = (x.contiguous(memory_format=layout) for x in pair(*case, dtype))
        with torch.no_grad():
            total, layers = net(*images, retPerLayer=True, normalize=True)
        found.append([x.item() for x in (*layers, total)])
    return found


def linear() -> bytes:
    """The learnt weights of all layers, little-endian float32."""
    net = lpips.LPIPS(net="alex", version="0.1", pnet_rand=True, verbose=False)
    return b"".join(lin.model[-1].weight.detach().numpy().astype("<f4").tobytes() for lin in net.lins)


def write_linear(values: bytes) -> None:
    licence = distribution("lpips").read_text("LICENSE").strip().splitlines()
    comment = "".join(f" * {line}".rstrip() + "\n" for line in licence)
    text = "\n".join(textwrap.wrap(base64.b64encode(values).decode(), 100))
    (OUT / "linearWeights.ts").write_text(f"{HEAD}{comment} */\nexport const LINEAR_WEIGHTS = `\n{text}\n`;\n")


def main() -> None:
    exact, rounded = record(torch.float64), record(torch.float32)
    for case, good, single in zip(CASES, exact, rounded):
        print(case, good, "float32 costs", max(abs(a / b - 1) for a, b in zip(single, good)))
    values = linear()
    write_linear(values)
    cases = [
        {"h": h, "w": w, "k": k, "layers": [nine_digits(v) for v in layers], "distance": nine_digits(total)}
        for (h, w, k), (*layers, total) in zip(CASES, exact)
    ]
    write_json(
        OUT / "__tests__/fixtures/lpips.json",
        {"timestep": 0.25, "linear": hashlib.sha256(values).hexdigest(), "cases": cases},
    )


if __name__ == "__main__":
    main()
