"""IFNet of RIFE in PyTorch, as the reference defines it; parameter names and order are those of its
weights files.

Source: hzwer/ECCV2022-RIFE at 5d8adbdd (MIT): model/IFNet.py, model/IFNet_m.py, model/refine.py.
One class serves both networks: `arbitrary_time=True` is IFNet_m. Tensors are [N, C, H, W], images
in 0..1, flow in pixels of the full-resolution crop: channels 0,1 sample img0, channels 2,3 sample
img1.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Sequence

import torch
from torch import Tensor, nn

from ops import resize, warp

SCALES = (4, 2, 1)
WIDTHS = (240, 150, 90)


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, padding: int = 1) -> nn.Sequential:
    """Convolution with bias, then PReLU with one slope per channel (IFNet.conv)."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, padding), nn.PReLU(outputs))


def block_conv(inputs: int, outputs: int, stride: int, batch_norm: bool) -> nn.Sequential:
    """`conv` of the blocks, with batch norm before the PReLU where asked for (not in the
    reference).

    The norm has a name of its own, so that the other two keep theirs and load from weights without
    it.
    """
    if not batch_norm:
        return conv(inputs, outputs, 3, stride)
    layers = [("0", nn.Conv2d(inputs, outputs, 3, stride, 1)), ("norm", nn.BatchNorm2d(outputs))]
    return nn.Sequential(OrderedDict([*layers, ("1", nn.PReLU(outputs))]))


def deconv(inputs: int, outputs: int) -> nn.Sequential:
    """Transposed convolution that doubles both sides, then PReLU (refine.deconv)."""
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), nn.PReLU(outputs))


class IFBlock(nn.Module):
    """One flow estimator, working at 1/(4 * scale) of the crop (IFNet.IFBlock)."""

    def __init__(self, inputs: int, width: int, batch_norm: bool = False) -> None:
        super().__init__()
        half = width // 2
        self.conv0 = nn.Sequential(
            block_conv(inputs, half, 2, batch_norm), block_conv(half, width, 2, batch_norm)
        )
        self.convblock = nn.Sequential(*(block_conv(width, width, 1, batch_norm) for _ in range(8)))
        self.lastconv = nn.ConvTranspose2d(width, 5, 4, 2, 1)

    def forward(self, x: Tensor, flow: Tensor | None, scale: float) -> tuple[Tensor, Tensor]:
        """Own flow [N,4,H,W] and mask logit [N,1,H,W], before they are added to those of the blocks
        before.
        """
        if scale != 1:
            x = resize(x, 1.0 / scale)
        if flow is not None:
            x = torch.cat((x, resize(flow, 1.0 / scale) * 1.0 / scale), 1)
        x = self.conv0(x)
        x = self.convblock(x) + x
        out = resize(self.lastconv(x), scale * 2)
        return out[:, :4] * scale * 2, out[:, 4:5]


class Conv2(nn.Module):
    """Two convolutions, the first one with stride 2 (refine.Conv2)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = conv(inputs, outputs, 3, 2)
        self.conv2 = conv(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(self.conv1(x))


class Contextnet(nn.Module):
    """Feature pyramid of one image, warped by its flow (refine.Contextnet)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = Conv2(3, 16)
        self.conv2 = Conv2(16, 32)
        self.conv3 = Conv2(32, 64)
        self.conv4 = Conv2(64, 128)

    def forward(self, x: Tensor, flow: Tensor) -> list[Tensor]:
        """Warped features at 1/2, 1/4, 1/8 and 1/16; unwarped ones are passed to the next stage."""
        warped = []
        for stage in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = stage(x)
            flow = resize(flow, 0.5) * 0.5
            warped.append(warp(x, flow))
        return warped


class Unet(nn.Module):
    """Refinement network; its output in 0..1 stands for a residual of -1..1 (refine.Unet)."""

    def __init__(self) -> None:
        super().__init__()
        self.down0 = Conv2(17, 32)
        self.down1 = Conv2(64, 64)
        self.down2 = Conv2(128, 128)
        self.down3 = Conv2(256, 256)
        self.up0 = deconv(512, 128)
        self.up1 = deconv(256, 64)
        self.up2 = deconv(128, 32)
        self.up3 = deconv(64, 16)
        self.conv = nn.Conv2d(16, 3, 3, 1, 1)

    def forward(self, images: Sequence[Tensor], c0: Sequence[Tensor], c1: Sequence[Tensor]) -> Tensor:
        """`images`: img0, img1, both warped, mask logit, flow (17 channels); c0, c1: context
        features.
        """
        s0 = self.down0(torch.cat(tuple(images), 1))
        s1 = self.down1(torch.cat((s0, c0[0], c1[0]), 1))
        s2 = self.down2(torch.cat((s1, c0[1], c1[1]), 1))
        s3 = self.down3(torch.cat((s2, c0[2], c1[2]), 1))
        x = self.up0(torch.cat((s3, c0[3], c1[3]), 1))
        x = self.up1(torch.cat((x, s2), 1))
        x = self.up2(torch.cat((x, s1), 1))
        x = self.up3(torch.cat((x, s0), 1))
        return torch.sigmoid(self.conv(x))


@dataclass
class Output:
    """Result of IFNet. The teacher's fields and `loss_distill` are None without gt."""

    flows: list[Tensor]
    """Accumulated flow after each student block."""
    mask: Tensor
    """Fusion mask of the last student block, after the sigmoid."""
    merged: list[Tensor]
    """Merged frame of each student block; the last one refined and clamped."""
    flow_teacher: Tensor | None = None
    merged_teacher: Tensor | None = None
    loss_distill: Tensor | None = None


class IFNet(nn.Module):
    """Three student blocks, the privileged teacher, and the refinement (IFNet.IFNet,
    IFNet_m.IFNet_m).
    """

    def __init__(
        self, arbitrary_time: bool = False, batch_norm: bool = False, widths: Sequence[int] = WIDTHS
    ) -> None:
        super().__init__()
        extra = 1 if arbitrary_time else 0
        self.arbitrary_time = arbitrary_time
        # The order of construction is the order of the random draws and of the weights file.
        self.block0 = IFBlock(6 + extra, widths[0], batch_norm)
        self.block1 = IFBlock(13 + extra + 4, widths[1], batch_norm)
        self.block2 = IFBlock(13 + extra + 4, widths[2], batch_norm)
        self.block_tea = IFBlock(16 + extra + 4, widths[2], batch_norm)
        self.contextnet = Contextnet()
        self.unet = Unet()

    def forward(self, x: Tensor, scales: Sequence[float] = SCALES, timestep: float | Tensor = 0.5) -> Output:
        """`x`: img0, img1 and, for training, gt: [N, 6 or 9, H, W]. `timestep` matters with
        `arbitrary_time`.
        """
        img0, img1, gt = x[:, :3], x[:, 3:6], x[:, 6:]
        time = ((x[:, :1].clone() * 0 + 1) * timestep,) if self.arbitrary_time else ()
        flow, logit = self.block0(torch.cat((img0, img1, *time), 1), None, scales[0])
        warped = (warp(img0, flow[:, :2]), warp(img1, flow[:, 2:4]))
        stages = [(flow, torch.sigmoid(logit), warped)]
        for block, scale in zip((self.block1, self.block2), scales[1:]):
            flow_d, mask_d = block(torch.cat((img0, img1, *time, *warped, logit), 1), flow, scale)
            flow, logit = flow + flow_d, logit + mask_d
            warped = (warp(img0, flow[:, :2]), warp(img1, flow[:, 2:4]))
            stages.append((flow, torch.sigmoid(logit), warped))
        merged = [w0 * mask + w1 * (1 - mask) for _, mask, (w0, w1) in stages]
        out = Output([stage[0] for stage in stages], stages[-1][1], merged)
        if gt.shape[1] == 3:
            self._teach(out, torch.cat((img0, img1, *time, *warped, logit, gt), 1), logit, img0, img1, gt)
        c0 = self.contextnet(img0, flow[:, :2])
        c1 = self.contextnet(img1, flow[:, 2:4])
        residual = self.unet((img0, img1, *warped, logit, flow), c0, c1) * 2 - 1
        # loss_distill above has seen the unrefined frame; only this one reaches a reconstruction
        # loss.
        merged[-1] = torch.clamp(merged[-1] + residual, 0, 1)
        return out

    def _teach(self, out: Output, x: Tensor, logit: Tensor, img0: Tensor, img1: Tensor, gt: Tensor) -> None:
        """Privileged teacher on top of the live student: nothing is detached but the distillation's
        target.
        """
        flow_d, mask_d = self.block_tea(x, out.flows[-1], 1)
        flow = out.flows[-1] + flow_d
        mask = torch.sigmoid(logit + mask_d)
        merged = warp(img0, flow[:, :2]) * mask + warp(img1, flow[:, 2:4]) * (1 - mask)
        out.flow_teacher, out.merged_teacher = flow, merged
        out.loss_distill = distillation(out.flows, out.merged, flow, merged, gt)


def distillation(
    flows: Sequence[Tensor], merged: Sequence[Tensor], teacher: Tensor, taught: Tensor, gt: Tensor
) -> Tensor:
    """Distance of the student's flows to the teacher's, where the teacher's frame is better by more
    than 0.01.

    The root has no epsilon, as in the reference: equal flows give NaN gradients.
    """
    total = torch.zeros((), dtype=gt.dtype, device=gt.device)
    taught_error = (taught - gt).abs().mean(1, True) + 0.01
    for flow, frame in zip(flows, merged):
        better = ((frame - gt).abs().mean(1, True) > taught_error).to(gt.dtype).detach()
        total = total + (((teacher.detach() - flow) ** 2).mean(1, True) ** 0.5 * better).mean()
    return total


@torch.no_grad()
def inference(
    net: IFNet, images: Tensor, scale: float = 1.0, tta: bool = False, timestep: float = 0.5
) -> Tensor:
    """The frame between two: [N, 6, H, W] to [N, 3, H, W] (RIFE.Model.inference)."""
    scales = [s / scale for s in SCALES]
    frame = net(images[:, :6], scales, timestep).merged[-1]
    if not tta:
        return frame
    flipped = net(images[:, :6].flip(2).flip(3), scales, timestep).merged[-1]
    return (frame + flipped.flip(2).flip(3)) / 2
