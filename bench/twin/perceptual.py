"""VGG-19 with torchvision's names, and the losses that compare images in its features; writes what
they give on deterministic weights and frames, in float64.

    python perceptual.py      # packages/model/src/features/__tests__/fixtures/perceptual.json

No pretrained weights are needed. torchvision need not be installed: its layers are written out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from deterministic import batch, weights
from testdata import nine_digits, samples, write_json

OUT = Path(__file__).resolve().parents[2] / "packages/model/src/features/__tests__/fixtures/perceptual.json"
STAGES = ((1, 2), (2, 2), (4, 4), (8, 4), (8, 4))
FACTORS = (1 / 2.6, 1 / 4.8, 1 / 3.7, 1 / 5.6, 10 / 1.5)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# Small, so that the file is.
WIDTH, COUNT, HEIGHT, SIDE, FIRST = 4, 2, 32, 48, 8


class Vgg19(nn.Module):
    """torchvision's `vgg19`, without the fully connected layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for factor, convs in STAGES:
            for _ in range(convs):
                layers += [nn.Conv2d(channels, factor * width, 3, padding=1), nn.ReLU()]
                channels = factor * width
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)

    def after(self, images: Tensor, counts: tuple[int, ...]) -> list[Tensor]:
        """What comes out of the first so many layers of the `Sequential`, for each count."""
        mean, std = (torch.tensor(v, dtype=images.dtype).view(1, 3, 1, 1) for v in (MEAN, STD))
        x = (images - mean) / std
        found = []
        for i, layer in enumerate(self.features[: max(counts)]):
            x = layer(x)
            if i + 1 in counts:
                found.append(x)
        return found


def vgg_loss(net: Vgg19, x: Tensor, y: Tensor) -> Tensor:
    """VGGPerceptualLoss of Practical-RIFE's model/loss.py."""
    pairs = zip(net.after(x, (2, 7, 12, 21, 30)), net.after(y, (2, 7, 12, 21, 30)))
    return sum(factor * (a - b.detach()).abs().mean() * 0.1 for factor, (a, b) in zip(FACTORS, pairs))


def gram(features: Tensor) -> Tensor:
    """F^T F / (h w), [N, C, C]."""
    rows = features.flatten(2)
    return rows @ rows.transpose(1, 2) / rows.shape[2]


def gram_loss(net: Vgg19, x: Tensor, y: Tensor) -> Tensor:
    """FILM's style_loss on this network: after the second convolution of each stage and its ReLU."""
    counts = (4, 9, 14, 23, 32)
    pairs = zip(net.after(x, counts), net.after(y, counts))
    return sum(factor * ((gram(a) - gram(b).detach()) ** 2).mean() for factor, (a, b) in zip(FACTORS, pairs))


LOSSES = {"vgg": vgg_loss, "gram": gram_loss}


def make(width: int, dtype: torch.dtype) -> Vgg19:
    """Deterministic weights, in the range of He's initialisation: features keep their size."""
    net = Vgg19(width)
    gain = np.float32(np.sqrt(6))
    scaled = {name: value * gain if name.endswith(".weight") else value for name, value in weights(net).items()}
    net.load_state_dict({name: torch.from_numpy(value) for name, value in scaled.items()})
    return net.to(dtype)


def record(
    dtype: torch.dtype, layout: torch.memory_format = torch.contiguous_format
) -> tuple[dict[str, list[float]], dict[str, Tensor]]:
    """Each loss of each sample alone, and the gradient of their sum to the images."""
    net = make(WIDTH, dtype).to(memory_format=layout)
    planes = torch.from_numpy(batch(FIRST, COUNT, HEIGHT, SIDE, 0.25)).to(dtype) / 255
    gt = planes[:, 6:]
    values, grads = {}, {}
    for name, loss in LOSSES.items():
        images = planes[:, :3].contiguous(memory_format=layout).detach().requires_grad_()
        each = [loss(net, images[i : i + 1], gt[i : i + 1]) for i in range(COUNT)]
        values[name] = [value.item() for value in each]
        grads[name] = torch.autograd.grad(sum(each), images)[0].double().contiguous()
    return values, grads


def main() -> None:
    values, grads = record(torch.float64)
    rounded, single = record(torch.float32)
    for name in LOSSES:
        worst = max(abs(a / b - 1) for a, b in zip(rounded[name], values[name]))
        grad = ((single[name] - grads[name]).norm() / grads[name].norm()).item()
        print(f"{name}: {values[name]}; float32 costs {worst:.1e}, its gradient {grad:.1e}")
    facts: dict[str, Any] = {
        "width": WIDTH,
        "n": COUNT,
        "h": HEIGHT,
        "w": SIDE,
        "first": FIRST,
        "timestep": 0.25,
        "terms": {name: [nine_digits(v) for v in each] for name, each in values.items()},
        "grads": {
            name: {
                "norm": nine_digits(g.norm().item()),
                "max": nine_digits(g.abs().max().item()),
                "val": samples(name, g),
            }
            for name, g in grads.items()
        },
    }
    write_json(OUT, facts)


if __name__ == "__main__":
    main()
