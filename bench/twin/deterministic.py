"""Weights and frames made by formula, the same on every machine; docs of the fixtures give them in
full.

Each value is a hash (MurmurHash3's 32-bit finaliser) of the element's index and the CRC-32 of the
tensor's name.
"""

from __future__ import annotations

import math
import zlib
from typing import Sequence

import numpy as np
import torch
from torch import nn

from rife import WIDTHS, IFNet


def fmix32(x: np.ndarray) -> np.ndarray:
    """MurmurHash3's finaliser on uint32 values held in uint64."""
    mask = np.uint64(0xFFFFFFFF)
    x = x ^ (x >> np.uint64(16))
    x = (x * np.uint64(0x85EBCA6B)) & mask
    x = x ^ (x >> np.uint64(13))
    x = (x * np.uint64(0xC2B2AE35)) & mask
    return x ^ (x >> np.uint64(16))


def uniform(name: str, count: int) -> np.ndarray:
    """`count` float64 numbers in [0, 1) that depend on the name and the index alone."""
    index = np.arange(count, dtype=np.uint64)
    seed = np.uint64(zlib.crc32(name.encode("ascii")))
    return fmix32((index * np.uint64(2654435761) + seed) & np.uint64(0xFFFFFFFF)) / 2.0**32


def sample_indices(name: str, count: int) -> np.ndarray:
    """16 flat positions at which a tensor of `count` elements is sampled in the fixtures."""
    j = np.arange(16, dtype=np.uint64)
    seed = np.uint64(zlib.crc32(name.encode("ascii")))
    return (fmix32((j * np.uint64(0x9E3779B9) + seed) & np.uint64(0xFFFFFFFF)) % np.uint64(count)).astype(
        np.int64
    )


def weights(net: nn.Module) -> dict[str, np.ndarray]:
    """Values in the range of PyTorch's default initialisation for every parameter, PReLU slopes
    0.25, betas 1.

    With batch norms, which the reference lacks, the values keep everything away from the kinks of
    the network: after a norm each channel keeps the sign of its bias, other slopes are 1, and flows
    stay around half a pixel. One activation that rounds to the other side of 0 would change the
    gradient of a small tensor by parts in a thousand.
    """
    values: dict[str, np.ndarray] = {}
    normed = any(".norm." in name for name, _ in net.named_parameters())
    fan = 1
    for name, parameter in net.named_parameters():
        shape = tuple(parameter.shape)
        if ".norm." in name:
            u = uniform(name, parameter.numel())
            centre = 0.1 if name.endswith(".weight") else np.where(u < 0.5, -0.7, 0.7)
            values[name] = (centre + 0.05 * (u - 0.5)).astype(np.float32)
            continue
        if name.endswith(".beta"):
            values[name] = np.ones(shape, np.float32)
            continue
        if name.endswith(".weight") and len(shape) == 1:
            slope = 1 if normed and not name.startswith("block") else 0.25
            values[name] = np.full(shape, slope, np.float32)
            continue
        if name.endswith(".weight"):
            fan = (
                shape[1] * shape[2] * shape[3]
            )  # of transposed convolutions too; the bias that follows shares it
        bound = 1 / math.sqrt(fan)
        value = ((2 * uniform(name, parameter.numel()) - 1) * bound).reshape(shape)
        if normed and name.endswith("lastconv.weight"):
            value[:, :4] *= 0.03
        if normed and name.endswith("lastconv.bias"):
            value[:4] = 1 / 16 if name.startswith("block0") else 0
        if normed and name == "unet.conv.weight":
            value *= 0.1
        values[name] = value.astype(np.float32)
    return values


def make_net(
    arbitrary_time: bool,
    dtype: torch.dtype = torch.float32,
    batch_norm: bool = False,
    widths: Sequence[int] = WIDTHS,
) -> IFNet:
    """A network with the deterministic weights; running statistics as PyTorch starts them."""
    net = IFNet(arbitrary_time, batch_norm, widths)
    values = {name: torch.from_numpy(value) for name, value in weights(net).items()}
    net.load_state_dict({**net.state_dict(), **values})
    return net.to(dtype)


def frame(k: int, height: int, width: int, t: float) -> np.ndarray:
    """Frame of sample k at time t: a moving background and a disc that moves over it; uint8 [3, H,
    W].
    """
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    ux, uy = (7 * k) % 11 - 5, (5 * k) % 9 - 4
    wx, wy = (3 * k) % 13 - 6, (4 * k) % 7 - 3
    bx, by, px, py = x - ux * t, y - uy * t, x - wx * t, y - wy * t
    cx, cy = (width - 1) / 2 + wx * (t - 0.5), (height - 1) / 2 + wy * (t - 0.5)
    distance = np.sqrt((x - cx) ** 2 + (y - cy) ** 2)
    alpha = np.clip((min(height, width) / 4 - distance) / 2 + 0.5, 0, 1)
    turn = 2 * math.pi
    planes = []
    for c in range(3):
        background = (
            0.5
            + 0.18 * np.sin(turn * (bx / 23 + by / 37) + 0.9 * c + 1.3 * k)
            + 0.14 * np.sin(turn * (bx / 11 - by / 17) + 1.7 * c + 0.4 * k)
            + 0.10 * np.sin(turn * (bx / 61 + by / 7) + 2.1 * c + 0.7 * k)
        )
        disc = 0.5 + 0.3 * np.sin(turn * px / 13 + c + 0.2 * k) * np.sin(turn * py / 9 + 2 * c)
        value = np.clip(background + alpha * (disc - background), 0, 1)
        # 0.497 and not 0.5: the formula gives exactly 127.5 in places.
        planes.append(np.floor(255 * value + 0.497).astype(np.uint8))
    return np.stack(planes)


def batch(step: int, n: int, height: int, width: int, t: float) -> np.ndarray:
    """Batch of a step: uint8 [N, 9, H, W], channels img0, img1, gt."""
    samples = [
        np.concatenate([frame(k, height, width, time) for time in (0.0, 1.0, t)])
        for k in range(step * n, step * n + n)
    ]
    return np.stack(samples)
