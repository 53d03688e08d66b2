"""The additions of plugin-multiscale in PyTorch, and their results for weights and frames by
formula.

    python multiscale.py REPOSITORY

Five stages, fused context features, and one of the two branches that widen the view; every layer
has weights other than zero. Written from the description in the plugin's README on top of
`rife.py`; names of the parameters are those of our weights files. The numbers are computed in
float64 and go into `packages/model/src/__tests__/fixtures/multiscale_<kind>.json`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deterministic import batch, weights
from ops import warp
from cases import RUNS, Run
from rife import Contextnet, IFBlock, Output, Unet, distillation
from testdata import MODEL, nine_digits, samples, write_json
from train import losses, to_images

SCALES = (16, 8, 4, 2, 1)
WIDTHS = (8, 6, 12, 10, 8)
KINDS = ("dilated", "large-kernel")
SIZE = {"n": 2, "h": 64, "w": 128}


class Dilated(nn.Module):
    """3x3 with rates 2 and 4 in a quarter of the channels, then 1x1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = -(-channels // 4)
        self.conv1 = nn.Sequential(nn.Conv2d(channels, inner, 3, 1, 2, dilation=2), nn.PReLU(inner))
        self.conv2 = nn.Sequential(nn.Conv2d(inner, inner, 3, 1, 4, dilation=4), nn.PReLU(inner))
        self.out = nn.Conv2d(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.conv2(self.conv1(x)))


class Large(nn.Module):
    """A 13x13 kernel per channel, then 1x1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        depthwise = nn.Conv2d(channels, channels, 13, 1, 6, groups=channels)
        self.depthwise = nn.Sequential(depthwise, nn.PReLU(channels))
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.depthwise(x))


def add_branch(module: nn.Module, channels: int, kind: str) -> None:
    """Under the name that it has in weights files."""
    if kind == "dilated":
        module.dilated = Dilated(channels)
    else:
        module.large = Large(channels)


def widened(module: nn.Module, x: Tensor) -> Tensor:
    """With what the module's branch adds, if it has one."""
    branch = getattr(module, "dilated", None) or getattr(module, "large", None)
    return x if branch is None else x + branch(x)


class WideBlock(IFBlock):
    """A student block whose features go through a branch."""

    def forward(self, x: Tensor, flow: Tensor | None, scale: float) -> tuple[Tensor, Tensor]:
        small = F.interpolate(x, scale_factor=1.0 / scale, mode="bilinear") if scale != 1 else x
        if flow is not None:
            small = torch.cat((small, F.interpolate(flow, scale_factor=1.0 / scale, mode="bilinear") / scale), 1)
        start = self.conv0(small)
        features = widened(self, self.convblock(start) + start)
        out = F.interpolate(self.lastconv(features), scale_factor=2.0 * scale, mode="bilinear")
        return out[:, :4] * scale * 2, out[:, 4:5]


class Fusion(nn.Module):
    """Feature pyramid, top-down and bottom-up."""

    def __init__(self, channels: Sequence[int] = (16, 32, 64, 128), width: int = 32) -> None:
        super().__init__()
        for i, count in enumerate(channels, 1):
            setattr(self, f"lateral{i}", nn.Conv2d(count, width, 1))
            # At index 1 of its Sequential, as the slopes after a convolution.
            setattr(self, f"merge{i}", nn.Sequential(nn.Identity(), nn.PReLU(width)))
            setattr(self, f"out{i}", nn.Conv2d(width, count, 1))

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        paths = [getattr(self, f"lateral{i}")(x) for i, x in enumerate(levels, 1)]
        for i in (2, 1, 0):
            paths[i] = paths[i] + F.interpolate(paths[i + 1], scale_factor=2.0, mode="bilinear")
        for i in (1, 2, 3):
            paths[i] = paths[i] + F.avg_pool2d(paths[i - 1], 2)
        merged = [getattr(self, f"merge{i}")(path) for i, path in enumerate(paths, 1)]
        return [x + getattr(self, f"out{i}")(path) for i, (x, path) in enumerate(zip(levels, merged), 1)]


class FusedContextnet(Contextnet):
    """Levels are fused before they are warped; the features passed to the next stage are not fused.
    """

    def __init__(self) -> None:
        super().__init__()
        self.fusion = Fusion()

    def forward(self, x: Tensor, flow: Tensor) -> list[Tensor]:
        levels = []
        for stage in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = stage(x)
            levels.append(x)
        warped = []
        for level in self.fusion(levels):
            flow = F.avg_pool2d(flow, 2) * 0.5
            warped.append(warp(level, flow))
        return warped


class WideUnet(Unet):
    """With a branch at the bottom."""

    def forward(self, images: Sequence[Tensor], c0: Sequence[Tensor], c1: Sequence[Tensor]) -> Tensor:
        skips = [self.down0(torch.cat(tuple(images), 1))]
        for down, a, b in zip((self.down1, self.down2, self.down3), c0, c1):
            skips.append(down(torch.cat((skips[-1], a, b), 1)))
        x = self.up0(torch.cat((widened(self, skips[3]), c0[3], c1[3]), 1))
        for up, skip in zip((self.up1, self.up2, self.up3), (skips[2], skips[1], skips[0])):
            x = up(torch.cat((x, skip), 1))
        return torch.sigmoid(self.conv(x))


class Multiscale(nn.Module):
    """IFNet with five stages and all additions."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        for i, (scale, width) in enumerate(zip(SCALES, WIDTHS)):
            block = WideBlock(6 if i == 0 else 17, width)
            if scale >= 4:
                add_branch(block, width, kind)
            setattr(self, f"block{i}", block)
        self.block_tea = WideBlock(20, WIDTHS[-1])
        self.contextnet = FusedContextnet()
        self.unet = WideUnet()
        add_branch(self.unet, 256, kind)

    def forward(self, x: Tensor, timestep: float = 0.5) -> Output:
        """`timestep` as `IFNet` has it; this one knows none."""
        img0, img1, gt = x[:, :3], x[:, 3:6], x[:, 6:]
        flows: list[Tensor] = []
        merged: list[Tensor] = []
        seen, flow, logit = torch.cat((img0, img1), 1), None, torch.zeros((), dtype=x.dtype)
        for i, scale in enumerate(SCALES):
            own, own_logit = getattr(self, f"block{i}")(seen, flow, scale)
            flow = own if flow is None else flow + own
            logit = logit + own_logit
            warped = (warp(img0, flow[:, :2]), warp(img1, flow[:, 2:4]))
            seen = torch.cat((img0, img1, *warped, logit), 1)
            mask = torch.sigmoid(logit)
            flows.append(flow)
            merged.append(warped[0] * mask + warped[1] * (1 - mask))
        out = Output(flows, mask, merged)
        own, own_logit = self.block_tea(torch.cat((seen, gt), 1), flow, 1)
        taught, weight = flow + own, torch.sigmoid(logit + own_logit)
        out.flow_teacher = taught
        out.merged_teacher = warp(img0, taught[:, :2]) * weight + warp(img1, taught[:, 2:4]) * (1 - weight)
        out.loss_distill = distillation(flows, merged, taught, out.merged_teacher, gt)
        contexts = [self.contextnet(img, part) for img, part in ((img0, flow[:, :2]), (img1, flow[:, 2:4]))]
        residual = self.unet((seen, flow), *contexts) * 2 - 1
        merged[-1] = torch.clamp(merged[-1] + residual, 0, 1)
        return out


def gradient(name: str, value: Tensor) -> dict[str, Any]:
    """Norm and largest value; entries too where the reference has no such tensor."""
    facts = {"norm": nine_digits(value.norm().item()), "max": nine_digits(value.abs().max().item())}
    return facts | ({"val": samples(name, value)} if is_added(name) else {})


def is_added(name: str) -> bool:
    """A tensor that the reference's network does not have, the coarse blocks' aside."""
    return any(part in name for part in (".dilated.", ".large.", ".fusion."))


@dataclass(frozen=True)
class Case:
    """A network with one of the branches, and its batch."""

    tag: str
    timestep: float = 0.5
    distill_weight: float = 0.01
    # Number of the batch.
    first: int = 0

    def make_net(self, run: Run) -> Multiscale:
        """With weights by formula."""
        net = Multiscale(self.tag)
        net.load_state_dict({name: torch.from_numpy(value) for name, value in weights(net).items()})
        return net.to(run.dtype).to(memory_format=run.memory_format)

    def images(self, run: Run) -> Tensor:
        """The batch as a run wants it."""
        pixels = torch.from_numpy(batch(self.first, SIZE["n"], SIZE["h"], SIZE["w"], self.timestep))
        return to_images(pixels, run.memory_format, run.dtype)


def record(kind: str) -> dict[str, Any]:
    """Losses, the refined frame, the flows, and every parameter's gradient, in float64."""
    case = Case(kind)
    net, images = case.make_net(RUNS["f64"]), case.images(RUNS["f64"])
    out = net(images)
    result = losses(out, images[:, 6:])
    result.total().backward()
    grads = {name: parameter.grad for name, parameter in net.named_parameters()}
    return {
        **SIZE,
        "options": {"scales": SCALES, "widths": WIDTHS, "fusion": True, "receptiveField": kind},
        "losses": {name: nine_digits(value) for name, value in result.items().items()},
        "refined": samples("refined", out.merged[-1]),
        "flow": samples("flow", out.flows[-1]),
        "grads": {name: gradient(name, grad) for name, grad in grads.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    folder = parser.parse_args().repository / MODEL
    for kind in KINDS:
        write_json(folder / f"multiscale_{kind}.json", record(kind))


if __name__ == "__main__":
    main()
