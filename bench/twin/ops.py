"""Operators of RIFE without parameters: resize, backward warp, Laplacian pyramid loss, image
scores.

Source: hzwer/ECCV2022-RIFE at 5d8adbdd (MIT): model/warplayer.py, model/laplacian.py,
model/pytorch_msssim. Tensors are [N, C, H, W]; flow is in pixels, x before y.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor


def resize(x: Tensor, factor: float) -> Tensor:
    """Bilinear resize by a factor, half-pixel centres, no antialias (IFBlock.forward,
    Contextnet.forward).
    """
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


@lru_cache(maxsize=32)
def _base_grid(height: int, width: int, batch: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Normalised pixel positions [N, 2, H, W] in -1..1; the reference caches them per size too."""
    columns = torch.linspace(-1.0, 1.0, width, dtype=dtype).view(1, 1, 1, width).expand(batch, -1, height, -1)
    rows = torch.linspace(-1.0, 1.0, height, dtype=dtype).view(1, 1, height, 1).expand(batch, -1, -1, width)
    # Computed on the processor, so that positions have the same bits everywhere.
    return torch.cat([columns, rows], 1).to(device)


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """Samples `image` at pixel position + flow; border clamped, corners aligned (warplayer.warp).
    """
    batch, _, height, width = flow.shape
    normalised = torch.cat([flow[:, 0:1] / ((width - 1.0) / 2.0), flow[:, 1:2] / ((height - 1.0) / 2.0)], 1)
    grid = (_base_grid(height, width, batch, flow.dtype, flow.device) + normalised).permute(0, 2, 3, 1)
    return F.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=True)


def gauss_kernel(channels: int, like: Tensor) -> Tensor:
    """The binomial 5x5 kernel, once per channel: [C, 1, 5, 5] (laplacian.gauss_kernel)."""
    row = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], dtype=like.dtype, device=like.device)
    return (torch.outer(row, row) / 256.0).repeat(channels, 1, 1, 1)


def conv_gauss(x: Tensor, kernel: Tensor) -> Tensor:
    """Depthwise blur with reflected borders (laplacian.conv_gauss)."""
    return F.conv2d(F.pad(x, (2, 2, 2, 2), mode="reflect"), kernel, groups=x.shape[1])


def upsample(x: Tensor, kernel: Tensor) -> Tensor:
    """Doubles both sides: zeros between the samples, then the blur times 4 (laplacian.upsample)."""
    n, c, h, w = x.shape
    columns = torch.cat([x, torch.zeros_like(x)], dim=3).view(n, c, h * 2, w).permute(0, 1, 3, 2)
    zeros = torch.zeros(n, c, w, h * 2, dtype=x.dtype, device=x.device)
    both = torch.cat([columns, zeros], dim=3).view(n, c, w * 2, h * 2).permute(0, 1, 3, 2)
    return conv_gauss(both, 4 * kernel)


def laplacian_pyramid(image: Tensor, kernel: Tensor, levels: int) -> list[Tensor]:
    """Band-pass images at 1, 1/2, 1/4 ...; the low-pass rest is dropped
    (laplacian.laplacian_pyramid).
    """
    current, pyramid = image, []
    for _ in range(levels):
        down = conv_gauss(current, kernel)[:, :, ::2, ::2]
        pyramid.append(current - upsample(down, kernel))
        current = down
    return pyramid


def lap_loss(prediction: Tensor, target: Tensor, levels: int = 5) -> Tensor:
    """Sum over levels of the mean absolute difference of both pyramids (laplacian.LapLoss)."""
    # The zero-stuffing above needs plain NCHW strides; a channels_last image is laid out anew here.
    prediction, target = prediction.contiguous(), target.contiguous()
    kernel = gauss_kernel(prediction.shape[1], prediction)
    pairs = zip(laplacian_pyramid(prediction, kernel, levels), laplacian_pyramid(target, kernel, levels))
    return sum((F.l1_loss(a, b) for a, b in pairs), prediction.new_zeros(()))


def psnr(prediction: Tensor, target: Tensor) -> Tensor:
    """-10 log10 of the mean squared error, unrounded, as the training log has it (train.evaluate).
    """
    return -10 * torch.log10(((target - prediction) ** 2).mean())


def _gauss_window(dtype: torch.dtype) -> Tensor:
    """11 weights of a Gaussian with sigma 1.5, summing up to 1."""
    weights = torch.exp(-((torch.arange(11, dtype=dtype) - 5) ** 2) / (2 * 1.5**2))
    return weights / weights.sum()


def _similarity(a: Tensor, b: Tensor, blur) -> Tensor:
    """SSIM of two images in 0..1, given the local mean to use."""
    c1, c2 = 0.01**2, 0.03**2
    mean_a, mean_b = blur(a), blur(b)
    var_a = blur(a * a) - mean_a**2
    var_b = blur(b * b) - mean_b**2
    covariance = blur(a * b) - mean_a * mean_b
    structure = (2.0 * covariance + c2) / (var_a + var_b + c2)
    return ((2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1) * structure).mean()


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """SSIM per channel, 11x11 window, replicated borders (pytorch_msssim.ssim)."""
    g, channels = _gauss_window(a.dtype), a.shape[1]
    window = torch.outer(g, g).repeat(channels, 1, 1, 1)
    return _similarity(
        a, b, lambda x: F.conv2d(F.pad(x, (5,) * 4, mode="replicate"), window, groups=channels)
    )


def ssim_matlab(a: Tensor, b: Tensor) -> Tensor:
    """SSIM over an 11x11x11 window with the channels as depth: the number that RIFE reports
    (ssim_matlab).
    """
    g = _gauss_window(a.dtype)
    window = (torch.outer(g, g)[:, :, None] * g)[None, None]
    return _similarity(
        a[:, None], b[:, None], lambda x: F.conv3d(F.pad(x, (5,) * 6, mode="replicate"), window)
    )
