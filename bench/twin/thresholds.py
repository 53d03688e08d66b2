"""Elements of the fixtures that stand on a threshold within float32's reach, and what each of them moves.

    python thresholds.py [--cases bn_2x64x64,1x64x64,...] [--most 1e-4]

A loss of RIFE has kinks: PReLU at 0, the absolute values of the Laplacian loss, the cells and borders of a warp, the
clamp of the refined frame, and the edge of the distillation mask. An element that float32 cannot tell from a kink falls
on either side, as the order of additions has it, and its part of the gradient with it. The distance of every element to its
kink is taken in float64; float32's reach is FACTOR times the largest difference that PyTorch's float32 runs
(`recipes.RUNS`) make in the same tensor. Each element within reach is mirrored at its kink, which changes the values by less than
float32 does, and the gradient is computed anew. Exit code 1 when all of a case together move the gradient of a
tensor by more than `--most`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Callable, Iterator
from unittest.mock import patch

import torch
from torch import Tensor, nn

import multiscale
import ops
import rife
from recipes import CASES, NORM_CASE, RUNS, Case, parse_case, running
from train import losses

FACTOR = 4.0
# Gradients smaller than this are held to an absolute bound by the tests.
FLOOR = 1e-4
KINDS = ("prelu", "abs", "warp", "clamp", "mask")
DEFAULT = ",".join(case.tag for case in (*CASES, NORM_CASE)) + ",dilated,large-kernel"


@dataclass(frozen=True)
class Place:
    """One tensor of the pass whose elements can stand on a threshold."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass
class Probe:
    """Sees every tensor that meets a threshold; `shifts` move elements of it."""

    shifts: dict[Place, Tensor] = field(default_factory=dict)
    values: dict[Place, Tensor] = field(default_factory=dict)
    nearest: dict[Place, Tensor] = field(default_factory=dict)
    seen: Counter = field(default_factory=Counter)

    def see(self, kind: str, name: str, value: Tensor, nearest: Tensor, moved: Tensor | None = None) -> Tensor:
        """`moved` (default `value`) with its shift. `nearest`: the threshold that each element is nearest to."""
        self.seen[kind, name] += 1
        place = Place(kind, f"{name}#{self.seen[kind, name]}")
        self.values[place] = value.detach().double().contiguous()
        self.nearest[place] = nearest.detach().double().contiguous()
        moved = value if moved is None else moved
        shift = self.shifts.get(place)
        return moved if shift is None else moved + shift.to(moved.dtype)

    def prelu(self, name: str) -> Callable:
        def hook(module: nn.Module, args: tuple[Tensor]) -> tuple[Tensor]:
            # With a slope of 1 there is no kink.
            far = (module.weight.detach() == 1).view(1, -1, 1, 1) * torch.inf
            return (self.see("prelu", name, args[0], torch.where(far > 0, torch.inf, torch.zeros_like(args[0]))),)

        return hook

    def l1_loss(self, a: Tensor, b: Tensor) -> Tensor:
        level = "x".join(map(str, a.shape[2:]))
        return self.see("abs", level, a - b, torch.zeros_like(a)).abs().mean()

    def clamp(self, x: Tensor, low: float, high: float) -> Tensor:
        nearest = torch.where(x > (low + high) / 2, high, low).to(x.dtype)
        return self.see("clamp", "refined", x, nearest).clamp(low, high)

    def warp(self, image: Tensor, flow: Tensor) -> Tensor:
        """Positions as `grid_sample` rounds them: a cell of the warp ends at each whole number inside the image."""
        n, _, height, width = flow.shape
        sides = torch.tensor([width - 1.0, height - 1.0], dtype=flow.dtype).view(1, 2, 1, 1)
        grid = ops._base_grid(height, width, n, flow.dtype) + flow / (sides / 2)
        at = ((grid + 1) / 2 * sides).detach()
        cell = torch.minimum(at.round().clamp(min=0), sides)
        return WARP(image, self.see("warp", f"{image.shape[1]}x{height}x{width}", at, cell, flow))

    def distillation(self, flows: list, merged: list, teacher: Tensor, taught: Tensor, gt: Tensor) -> Tensor:
        """As in rife.py, with a look at what the mask is taken of."""
        total = torch.zeros((), dtype=gt.dtype)
        taught_error = (taught - gt).abs().mean(1, True) + 0.01
        for i, (flow, frame) in enumerate(zip(flows, merged)):
            excess = (frame - gt).abs().mean(1, True) - taught_error
            better = (self.see("mask", f"stage{i}", excess, torch.zeros_like(excess)) > 0).to(gt.dtype).detach()
            total = total + (((teacher.detach() - flow) ** 2).mean(1, True) ** 0.5 * better).mean()
        return total

    def watch(self, net: nn.Module) -> ExitStack:
        """Until the stack is closed."""
        stack = ExitStack()
        for module in (rife, multiscale):
            stack.enter_context(patch.object(module, "warp", self.warp))
            stack.enter_context(patch.object(module, "distillation", self.distillation))
        stack.enter_context(patch.object(torch, "clamp", self.clamp))
        stack.enter_context(patch.object(ops.F, "l1_loss", self.l1_loss))
        for name, module in net.named_modules():
            if isinstance(module, nn.PReLU):
                stack.callback(module.register_forward_pre_hook(self.prelu(name)).remove)
        return stack


WARP = ops.warp
Subject = Case | multiscale.Case


@dataclass
class Pass:
    """What one forward and backward pass gives."""

    losses: dict[str, float]
    grads: dict[str, Tensor]
    probe: Probe


def run_pass(case: Subject, run: str, shifts: dict[Place, Tensor] | None = None) -> Pass:
    """One step's pass of a case, or of a kind of the multiscale network, with some elements moved."""
    probe = Probe(shifts or {})
    settings = RUNS[run]
    with running(settings):
        net, images = case.make_net(settings), case.images(settings)
        with probe.watch(net):
            result = losses(net(images, timestep=case.timestep), images[:, 6:])
        result.total(case.distill_weight).backward()
    grads = {name: p.grad.double().contiguous() for name, p in net.named_parameters()}
    return Pass(result.items(case.distill_weight), grads, probe)


@dataclass
class Move:
    """What changes when some elements fall on the other side."""

    norm: float
    l2: float
    of: str
    whole: float
    loss: float


def moved(a: Pass, b: Pass) -> Move:
    """Largest change of a tensor's norm and of the tensor itself, relative to its norm; of the whole gradient; of a loss term."""
    change = {name: (a.grads[name] - g).norm().item() for name, g in b.grads.items()}
    # Biases in front of a batch norm have no gradient but rounding.
    size = {name: max(g.norm().item(), FLOOR) for name, g in b.grads.items()}
    l2 = {name: change[name] / size[name] for name in size}
    of = max(l2, key=l2.__getitem__)
    norm = max(abs(a.grads[name].norm() - g.norm()).item() / size[name] for name, g in b.grads.items())
    whole = torch.tensor(list(change.values())).norm() / torch.tensor(list(size.values())).norm()
    loss = max(abs(a.losses[name] / value - 1) for name, value in b.losses.items())
    return Move(norm, l2[of], of, whole.item(), loss)


@dataclass
class Found:
    """Elements of a tensor within reach, and the shifts that mirror them."""

    place: Place
    index: list[int]
    distance: list[float]
    reach: float
    shift: Tensor

    def one(self, k: int) -> Tensor:
        """The shift of one of them alone."""
        alone = torch.zeros_like(self.shift)
        alone.view(-1)[self.index[k]] = self.shift.view(-1)[self.index[k]]
        return alone


def within_reach(exact: Pass, runs: list[Pass]) -> Iterator[Found]:
    for place, value in exact.probe.values.items():
        reach = FACTOR * max((run.probe.values[place] - value).abs().max().item() for run in runs)
        distance = value - exact.probe.nearest[place]
        close = distance.abs() <= reach
        if not close.any():
            continue
        # On a threshold to the last bit there is no other side to mirror to.
        shift = torch.where(distance == 0, reach, -2 * distance) * close
        index = close.view(-1).nonzero().view(-1).tolist()
        yield Found(place, index, distance.view(-1)[index].tolist(), reach, shift)


def report(case: Subject, most: float) -> float:
    """Prints what stands on thresholds; returns what all of it together moves."""
    exact = run_pass(case, "f64")
    runs = [run_pass(case, run) for run in RUNS if run != "f64"]
    cost = max((moved(run, exact) for run in runs), key=lambda move: move.l2)
    sizes = Counter()
    for place, value in exact.probe.values.items():
        sizes[place.kind] += value.numel()
    found = list(within_reach(exact, runs))
    counts = Counter()
    for entry in found:
        counts[entry.place.kind] += len(entry.index)
    print(f"## {case.tag}\n")
    print("elements within reach: " + ", ".join(f"{kind} {counts[kind]} of {sizes[kind]:,}" for kind in KINDS))
    print(f"float32 in PyTorch: {text(cost)}\n")
    rows = [
        (entry.place, entry.index[k], entry.distance[k], entry.reach, moved(run_pass(case, "f64", {entry.place: entry.one(k)}), exact))
        for entry in found
        for k in range(len(entry.index))
    ]
    rows.sort(key=lambda row: -row[-1].l2)
    for place, index, distance, reach, move in rows[:12]:
        print(f"- {place} [{index}]: {distance:.1e} from its threshold (reach {reach:.1e}): {text(move)}")
    together = moved(run_pass(case, "f64", {entry.place: entry.shift for entry in found}), exact)
    print(f"\nall together: {text(together)}: {'FAIL' if together.l2 > most else 'ok'}\n", flush=True)
    return together.l2


def text(move: Move) -> str:
    return (
        f"norm {move.norm:.1e}, L2 {move.l2:.1e} ({move.of}), whole gradient {move.whole:.1e}, loss term {move.loss:.1e}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=DEFAULT)
    parser.add_argument("--most", type=float, default=1e-4)
    args = parser.parse_args()
    cases = [multiscale.Case(tag) if tag in multiscale.KINDS else parse_case(tag) for tag in args.cases.split(",")]
    sys.exit(1 if any([report(case, args.most) > args.most for case in cases]) else 0)


if __name__ == "__main__":
    main()
