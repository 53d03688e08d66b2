"""Single operators of the fixtures: output and gradients for given inputs and a given output
cotangent.
"""

from __future__ import annotations

from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from deterministic import uniform
from ops import lap_loss, psnr, resize, ssim, ssim_matlab, warp

Operator = Callable[..., Tensor]
FACTORS = (0.25, 0.5, 2.0, 4.0, 8.0)
LINSPACES = (2, 3, 4, 5, 7, 16, 20, 64, 96, 224, 448)


def _distill(flow: Tensor, teacher: Tensor, mask: Tensor) -> Tensor:
    """One term of the distillation loss as a vector of one number."""
    return ((((teacher - flow) ** 2).mean(1, True) ** 0.5) * mask).mean().reshape(1)


OPERATORS: dict[str, Operator] = {
    "warp": warp,
    "lap": lambda a, b: lap_loss(a, b).reshape(1),
    **{f"interp_{f}": lambda x, factor=f: resize(x, factor) for f in FACTORS},
    "conv_s1": lambda x, w, b: F.conv2d(x, w, b, 1, 1),
    "conv_s2": lambda x, w, b: F.conv2d(x, w, b, 2, 1),
    "deconv": lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1),
    "prelu": F.prelu,
    "clamp": lambda x: torch.clamp(x, 0, 1),
    "distill": _distill,
}

SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "warp": ((2, 3, 12, 20), (2, 2, 12, 20)),
    "lap": ((2, 3, 64, 96), (2, 3, 64, 96)),
    **{f"interp_{f}": ((1, 3, 16, 24),) for f in FACTORS},
    "conv_s1": ((2, 7, 9, 11), (5, 7, 3, 3), (5,)),
    "conv_s2": ((2, 7, 10, 12), (5, 7, 3, 3), (5,)),
    "deconv": ((2, 7, 5, 6), (7, 5, 4, 4), (5,)),
    "prelu": ((2, 5, 4, 6), (5,)),
    "clamp": ((1, 3, 4, 6),),
    "distill": ((2, 4, 6, 8),),
}


def _signed(name: str, shape: tuple[int, ...], scale: float = 1.0) -> np.ndarray:
    """Deterministic float32 values in -scale..scale."""
    count = int(np.prod(shape))
    return ((2 * uniform(name, count) - 1) * scale).astype(np.float32).reshape(shape)


def make_inputs(op: str) -> dict[str, np.ndarray]:
    """Inputs of an operator, with its special points: zero flow, exact zeros, exact ends of a
    clamp.
    """
    scale = {"warp": 6.0, "clamp": 1.5}.get(op, 1.0)
    values = {f"in{i}": _signed(f"{op}.in{i}", shape, scale) for i, shape in enumerate(SHAPES[op])}
    if op == "warp":
        values["in1"][:, :, 3, :] = 0
        values["in1"][:, :, :, 5] = 0
    if op == "prelu":
        values["in0"].reshape(-1)[[0, 17, 101]] = 0
    if op == "clamp":
        values["in0"].reshape(-1)[:2] = (0, 1)
    if op == "distill":
        values["teacher"] = _signed("distill.teacher", SHAPES[op][0])
        values["mask"] = (uniform("distill.mask", 96) > 0.5).astype(np.float32).reshape(2, 1, 6, 8)
    return values


def evaluate(op: str, inputs: dict[str, np.ndarray], cotangent: np.ndarray | None) -> dict[str, np.ndarray]:
    """`out`, `cot` and `grad<i>`; without a cotangent a deterministic one is made."""
    numbered = sorted(key for key in inputs if key.startswith("in"))
    leaves = [torch.from_numpy(inputs[key].copy()).requires_grad_() for key in numbered]
    constants = [torch.from_numpy(inputs[key].copy()) for key in ("teacher", "mask") if key in inputs]
    out = OPERATORS[op](*leaves, *constants)
    cot = _signed(f"{op}.cot", tuple(out.shape)) if cotangent is None else cotangent.copy()
    grads = torch.autograd.grad(out, leaves, torch.from_numpy(cot))
    result = {"out": out.detach().numpy(), "cot": cot}
    return result | {f"grad{i}": grad.numpy() for i, grad in enumerate(grads)}


def scores(a: np.ndarray, b: np.ndarray) -> dict[str, np.ndarray]:
    """SSIM in both forms and PSNR of two images, one number each."""
    x, y = torch.from_numpy(a.copy()), torch.from_numpy(b.copy())
    values = {"ssim_matlab": ssim_matlab(x, y), "ssim": ssim(x, y), "psnr": psnr(x, y)}
    return {name: value.reshape(1).numpy() for name, value in values.items()}


def ops_fixture() -> dict[str, np.ndarray]:
    """All tensors of `ops.safetensors`."""
    tensors: dict[str, np.ndarray] = {}
    for op in OPERATORS:
        inputs = make_inputs(op)
        for key, value in (inputs | evaluate(op, inputs, None)).items():
            tensors[f"{op}.{key}"] = value
    a = uniform("ssim.a", 3 * 32 * 40).astype(np.float32).reshape(1, 3, 32, 40)
    b = np.clip(a + _signed("ssim.noise", a.shape, 0.1), 0, 1).astype(np.float32)
    tensors |= {"ssim.a": a, "ssim.b": b, **{f"ssim.{name}": value for name, value in scores(a, b).items()}}
    return tensors | {f"linspace_{n}": torch.linspace(-1.0, 1.0, n).numpy() for n in LINSPACES}
