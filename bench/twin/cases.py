"""The cases of the fixtures, and the ways in which PyTorch computes them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator

import torch
from torch import Tensor

from deterministic import batch, make_net
from rife import WIDTHS, IFNet
from train import to_images

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """How PyTorch computes."""

    dtype: torch.dtype = torch.float32
    memory_format: torch.memory_format = torch.contiguous_format
    threads: int = 2
    mkldnn: bool = True


RUNS = {
    "f32": Run(),
    "f32_nhwc": Run(memory_format=torch.channels_last),
    "f32_1thread": Run(threads=1),
    "f32_nhwc_1thread": Run(memory_format=torch.channels_last, threads=1),
    "f32_plain": Run(mkldnn=False),
    "f64": Run(torch.float64),
}


@contextmanager
def running(run: Run) -> Iterator[None]:
    """With its threads, and with or without oneDNN."""
    before = torch.get_num_threads()
    torch.set_num_threads(run.threads)
    try:
        with torch.backends.mkldnn.flags(enabled=run.mkldnn):
            yield
    finally:
        torch.set_num_threads(before)


@dataclass(frozen=True)
class Case:
    """One shape and network of the fixtures."""

    tag: str
    n: int
    height: int
    width: int
    timestep: float = 0.5
    arbitrary_time: bool = False
    # Activations inside the network take room, so only one case stores them.
    internals: bool = False
    # Batch norm in the blocks; not in the reference.
    batch_norm: bool = False
    # Number of the first batch.
    first: int = 0
    widths: tuple[int, ...] = WIDTHS

    @property
    def distill_weight(self) -> float:
        """The reference's comments ask for a smaller weight with arbitrary time."""
        return 0.005 if self.arbitrary_time else 0.01

    def facts(self) -> Json:
        """The head of the case's JSON file."""
        arch = "IFNet_m" if self.arbitrary_time else "IFNet"
        size = {"n": self.n, "h": self.height, "w": self.width}
        return {
            "tag": self.tag,
            "arch": arch,
            **size,
            "timestep": self.timestep,
            "distill_weight": self.distill_weight,
            **({"first": self.first} if self.first else {}),
            **({"widths": list(self.widths)} if self.widths != WIDTHS else {}),
        }

    def batch(self, step: int = 0) -> Tensor:
        """uint8 [N,9,H,W] of a step."""
        return torch.from_numpy(batch(self.first + step, self.n, self.height, self.width, self.timestep))

    def make_net(self, run: Run) -> IFNet:
        """The network with the fixtures' weights, as a run wants it."""
        net = make_net(self.arbitrary_time, run.dtype, self.batch_norm, self.widths)
        return net.to(memory_format=run.memory_format)

    def images(self, run: Run, step: int = 0) -> Tensor:
        """The batch of a step as a run wants it."""
        return to_images(self.batch(step), run.memory_format, run.dtype)


def parse_case(tag: str) -> Case:
    """`[m_|bn_]<batch>x<height>x<width>[_t<timestep>][_s<first batch>][_w<widths>]`, `m_` for
    IFNet_m, `bn_` for batch norm.
    """
    found = re.fullmatch(r"(m_|bn_)?(\d+)x(\d+)x(\d+)(?:_t([\d.]+))?(?:_s(\d+))?(?:_w(\d+-\d+-\d+))?", tag)
    if not found:
        raise SystemExit(f"{tag!r} is no case; expected something like 1x64x64 or m_2x96x128_t0.75")
    if tag == NORM_CASE.tag:
        return NORM_CASE
    kind, n, height, width, timestep, first, widths = found.groups()
    size = (int(n), int(height), int(width), float(timestep or 0.5))
    wide = tuple(map(int, widths.split("-"))) if widths else WIDTHS
    return Case(tag, *size, kind == "m_", batch_norm=kind == "bn_", first=int(first or 0), widths=wide)


CASES = (
    Case("1x64x64", 1, 64, 64, internals=True),
    Case("2x96x64", 2, 96, 64),
    Case("m_1x64x64_t0.25", 1, 64, 64, timestep=0.25, arbitrary_time=True),
)
# These frames and weights keep every element away from a kink (thresholds.py); `parse_case` finds
# it by this tag.
NORM_CASE = Case("bn_2x64x64", 2, 64, 64, batch_norm=True, first=13, widths=(24, 16, 12))
