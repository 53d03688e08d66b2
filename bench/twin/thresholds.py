"""Elements of the fixtures that are at a threshold within float32's precision, and the effect of
each.

    python thresholds.py [--cases bn_2x64x64,1x64x64,...] [--write]

A loss of RIFE has kinks: PReLU at 0, the absolute values of the Laplacian loss, the cells and
borders of a warp, the clamp of the refined frame, and the edge of the distillation mask. An element
that float32 cannot distinguish from a kink falls on either side, depending on the order of
additions, and so does its part of the gradient. The distance of every element to its kink is
computed in float64; float32's reach is FACTOR times the largest difference between PyTorch's
float32 runs (`cases.RUNS`) in the same tensor. Each element within reach is mirrored at its kink,
one at a time, which changes the values by less than float32 does, and the pass is repeated. For
each it prints the largest change of a loss term, of a gradient's norm and of its recorded entries,
as the tests compute them. `--write` puts the sums over all elements into the fixture as `standing`:
the tests subtract them, so that a bound shows the cost of rounding alone.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence
from unittest.mock import patch

import torch
from torch import Tensor, nn

import multiscale
import ops
import rife
from cases import CASES, NORM_CASE, RUNS, Case, parse_case, running
from recipes import cancels, sampled
from testdata import MODEL, write_json
from train import losses

ROOT = Path(__file__).resolve().parents[2]
FACTOR = 2.0
# Not worth writing down: below what rounding costs.
NEGLIGIBLE = {"losses": 1e-7, "gradients": 1e-6}
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
        """`moved` (default `value`) with its shift. `nearest`: the threshold that each element is
        nearest to.
        """
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
        """Positions as `grid_sample` rounds them: a cell of the warp ends at each whole number
        inside the image.
        """
        n, _, height, width = flow.shape
        sides = torch.tensor([width - 1.0, height - 1.0], dtype=flow.dtype).view(1, 2, 1, 1)
        grid = ops._base_grid(height, width, n, flow.dtype, flow.device) + flow / (sides / 2)
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
    """One step's pass of a case, or of a kind of the multiscale network, with some elements moved.
    """
    probe = Probe(shifts or {})
    settings = RUNS[run]
    with running(settings):
        net, images = case.make_net(settings), case.images(settings)
        with probe.watch(net):
            result = losses(net(images, timestep=case.timestep), images[:, 6:])
        result.total(case.distill_weight).backward()
    grads = {name: p.grad.double().contiguous() for name, p in net.named_parameters()}
    return Pass(result.items(case.distill_weight), grads, probe)


def deviations(got: Pass, exact: Pass) -> dict[str, float]:
    """By how much what the tests judge differs, as they take it: loss terms, `<parameter> norm`,
    `<parameter> entries`.
    """
    whole = math.hypot(*(grad.norm().item() for grad in exact.grads.values()))
    found = {name: abs(got.losses[name] / value - 1) for name, value in exact.losses.items()}
    for name, grad in exact.grads.items():
        size, largest = grad.norm().item(), grad.abs().max().item()
        if cancels(name, exact.grads) or size == 0:
            size = largest = whole
        found[f"{name} norm"] = abs(got.grads[name].norm() - grad.norm()).item() / size
        found[f"{name} entries"] = (sampled(name, got.grads[name]) - sampled(name, grad)).abs().max().item() / largest
    return found


@dataclass
class Standing:
    """An element within reach, and the shift that mirrors it."""

    place: Place
    index: int
    distance: float
    reach: float

    def shift(self, like: Tensor) -> dict[Place, Tensor]:
        shift = torch.zeros_like(like)
        # On a threshold to the last bit there is no other side to mirror to.
        shift.view(-1)[self.index] = -2 * self.distance if self.distance else self.reach
        return {self.place: shift}


def within_reach(exact: Pass, runs: Sequence[Pass]) -> Iterator[Standing]:
    for place, value in exact.probe.values.items():
        reach = FACTOR * max((run.probe.values[place] - value).abs().max().item() for run in runs)
        distance = (value - exact.probe.nearest[place]).view(-1)
        for index in (distance.abs() <= reach).nonzero().view(-1).tolist():
            yield Standing(place, index, distance[index].item(), reach)


def worst(found: dict[str, float]) -> str:
    losses, norms, entries = (
        max(((value, key) for key, value in found.items() if fits(key)), default=(0.0, "-"))
        for fits in (
            lambda key: " " not in key,
            lambda key: key.endswith(" norm"),
            lambda key: key.endswith(" entries"),
        )
    )
    return ", ".join(f"{value:.1e} ({key})" for value, key in (losses, norms, entries))


def examine(case: Subject) -> dict[str, Any]:
    """Prints what stands on thresholds and what each moves at most; returns counts and sums for the
    fixture.
    """
    exact = run_pass(case, "f64")
    runs = [run_pass(case, run) for run in RUNS if run != "f64"]
    sizes, counts = Counter(), Counter()
    for place, value in exact.probe.values.items():
        sizes[place.kind] += value.numel()
    standing = list(within_reach(exact, runs))
    counts.update(element.place.kind for element in standing)
    print(f"## {case.tag}\n")
    print("within reach: " + ", ".join(f"{kind} {counts[kind]} of {sizes[kind]:,}" for kind in KINDS), flush=True)
    total: Counter = Counter()
    for element in standing:
        shift = element.shift(exact.probe.values[element.place])
        found = deviations(run_pass(case, "f64", shift), exact)
        total.update(found)
        at = f"{element.place} [{element.index}], {element.distance:.1e} of {element.reach:.1e}"
        print(f"- {at}: {worst(found)}", flush=True)
    print(f"all: {worst(total)}\n", flush=True)
    moved = {key: float(f"{value:.3g}") for key, value in total.items() if value > NEGLIGIBLE["gradients" if " " in key else "losses"]}
    return {"elements": dict(counts), "moves": moved}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=DEFAULT)
    parser.add_argument("--write", action="store_true", help="put what was found into the fixtures")
    args = parser.parse_args()
    for tag in args.cases.split(","):
        narrow = tag in multiscale.KINDS
        found = examine(multiscale.Case(tag) if narrow else parse_case(tag))
        if args.write:
            path = ROOT / MODEL / f"{'multiscale' if narrow else 'forward'}_{tag}.json"
            write_json(path, {**json.loads(path.read_text()), "standing": found})


if __name__ == "__main__":
    main()
