"""The reference's training step: losses, backward, AdamW.

Source: hzwer/ECCV2022-RIFE at 5d8adbdd (MIT): model/RIFE.py (Model.update), train.py
(get_learning_rate).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ops import lap_loss
from rife import IFNet, Output


@dataclass
class Losses:
    """The three loss terms before weighting."""

    reconstruction: Tensor
    teacher: Tensor
    distill: Tensor

    def total(self, distill_weight: float = 0.01) -> Tensor:
        """What is differentiated: the two Laplacian losses and a little distillation."""
        return self.reconstruction + self.teacher + self.distill * distill_weight

    def items(self, distill_weight: float = 0.01) -> dict[str, float]:
        """Numbers under the names of the fixtures."""
        terms = {"loss_l1": self.reconstruction, "loss_tea": self.teacher, "loss_distill": self.distill}
        values = {name: term.item() for name, term in terms.items()}
        return {**values, "total": self.total(distill_weight).item()}


def losses(out: Output, gt: Tensor) -> Losses:
    """Loss terms of one training batch; always computed in the precision of gt."""
    if out.merged_teacher is None or out.loss_distill is None:
        raise ValueError("losses need an output with the teacher: give the network 9 channels")
    merged, taught = out.merged[-1].to(gt.dtype), out.merged_teacher.to(gt.dtype)
    return Losses(lap_loss(merged, gt), lap_loss(taught, gt), out.loss_distill)


def make_optimizer(net: IFNet, lr: float = 1e-6) -> torch.optim.AdamW:
    """AdamW over every parameter in one group, biases and slopes decayed too (Model.__init__)."""
    return torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=1e-3)


def learning_rate(step: int, steps: int) -> float:
    """Linear warm-up of 2000 steps, then half a cosine down to 3e-6; before the factor world_size/4
    (train.py).
    """
    if step < 2000:
        return 3e-4 * step / 2000
    cosine = 0.5 + 0.5 * math.cos(math.pi * (step - 2000) / (steps - 2000))
    return (3e-4 - 3e-6) * cosine + 3e-6


def to_images(
    batch_u8: Tensor,
    memory_format: torch.memory_format = torch.contiguous_format,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """uint8 [N,9,H,W] to 0..1; the division is done in `dtype`."""
    return (batch_u8.to(dtype) / 255.0).contiguous(memory_format=memory_format)


@dataclass
class Trainer:
    """A network with its optimizer; `update` is one training step (Model.update)."""

    net: IFNet
    optimizer: torch.optim.AdamW
    distill_weight: float = 0.01
    bf16: bool = False

    def update(self, images: Tensor, lr: float, timestep: float | Tensor = 0.5) -> Losses:
        """Forward with teacher, losses, backward and AdamW on float images [N,9,H,W]."""
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.net.train()
        # Under bf16 only the network runs in autocast; the losses stay in float32.
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            out = self.net(images, timestep=timestep)
        result = losses(out, images[:, 6:])
        self.optimizer.zero_grad()
        result.total(self.distill_weight).backward()
        self.optimizer.step()
        return result
