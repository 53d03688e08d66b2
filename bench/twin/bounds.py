"""What float32 costs PyTorch in each quantity that the tests bound, and the table of bounds in
docs/exactness.md.

    python bounds.py --errors ERRORS... [--only step,norm,...]

Every float32 run of `recipes.RUNS` (memory formats, threads, with and without oneDNN) is compared
with the recorded numbers exactly as the test of that quantity compares ours: with float64's, or,
where the fixture holds the reference's float32 numbers, with those; then the float64 run counts as
well. The largest errors go into `bench/results/bounds.json`. ERRORS are files that our tests wrote
under `RIFE_TRAIN_ERRORS`, one for each setting of the processor; the table is printed and put into
docs/exactness.md.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

import multiscale
import op_cases
import perceptual
import rife4_fixtures
from cases import CASES, NORM_CASE, RUNS, Case, Json, running
from fixtures import adamw_trace
from recipes import SNAPSHOTS, backward, cancels, inference_fixture, sampled, train_run, update_error
from rife import inference
from safetensors_io import load_file
from testdata import MODEL, TRAINING, samples
from train import losses

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "bench" / "results" / "bounds.json"
DOCS = ROOT / "docs" / "exactness.md"
FLOAT32 = [name for name, run in RUNS.items() if run.dtype == torch.float32]
Costs = Iterator[tuple[str, float]]


def recorded(name: str, folder: str = MODEL) -> Json:
    return json.loads((ROOT / folder / f"{name}.json").read_text())


def stored(name: str, folder: str = MODEL) -> dict[str, np.ndarray]:
    return load_file(ROOT / folder / f"{name}.safetensors")


def relative(got: float, exact: float) -> float:
    return abs(got / exact - 1)


def farthest(got: Tensor | np.ndarray, exact: np.ndarray) -> float:
    values = got.detach().double().contiguous().numpy() if isinstance(got, Tensor) else got
    return float(np.abs(values - exact).max())


def terms(kind: str, got: Json, facts: Json) -> Costs:
    """As `lossesOutside` of @rife-train/testing."""
    for name, value in facts.get("losses_f64", facts["losses"]).items():
        yield f"{kind}: loss terms", relative(got[name], value) - moves(facts).get(name, 0.0)


def gradients(kind: str, got: dict[str, Tensor], exact: dict[str, Json], facts: Json) -> Costs:
    """As `gradientsOutside` of @rife-train/testing."""
    whole = math.hypot(*(grad["norm"] for grad in exact.values()))
    for name, grad in exact.items():
        norm = abs(got[name].double().norm().item() - grad["norm"])
        entries = farthest(sampled(name, got[name]), np.array(grad["val"])) if "val" in grad else 0.0
        small = cancels(name, exact) or grad["norm"] == 0
        for what, error, size in (("norm", norm, grad["norm"]), ("entries", entries, grad["max"])):
            quantity = "gradients that cancel" if small else "gradient norms" if what == "norm" else "gradient entries"
            yield f"{kind}: {quantity}", error / (whole if small else size) - moves(facts).get(f"{name} {what}", 0.0)


def moves(facts: Json) -> dict[str, float]:
    """What elements on thresholds may move: thresholds.py."""
    return facts.get("standing", {}).get("moves", {})


def in_float64(grads: Json) -> dict[str, Json]:
    return {name: {"norm": g["norm_f64"], "val": g["val_f64"], "max": g["max"]} for name, g in grads.items()}


def step_costs() -> Costs:
    kinds = {"flow": "forward: flows, px", "merged": "forward: images", "mask": "forward: masks"}
    for case in CASES:
        facts, tensors = recorded(f"forward_{case.tag}"), stored(f"forward_{case.tag}")
        exact = in_float64(facts["grads"])
        whole = math.hypot(*(grad["norm"] for grad in exact.values()))
        for run in RUNS:
            got, values, grads, _ = backward(case, run)
            for name in tensors:
                kind = kinds.get(name.split("_")[0]) or ("forward: flows, px" if name.endswith("flow_d") else "forward: images")
                if "mask" not in name.split(".")[-1] or name == "mask":
                    yield kind, farthest(got[name], tensors[name])
            if run == "f64":
                continue
            yield from terms("step", values, facts)
            yield from gradients("step", grads, exact, facts)
            total = math.hypot(*(grad.double().norm().item() for grad in grads.values()))
            yield "step: norm of all gradients", relative(total, whole)


def training_costs() -> Costs:
    for case in CASES:
        facts = recorded(f"train_{case.tag}", TRAINING)
        exact, start = train_run(case, "f64", facts["steps"])[1], start_of(case)
        for run in FLOAT32:
            history, snapshots = train_run(case, run, facts["steps"])
            errors = [relative(a["total"], b["total"]) for a, b in zip(history, facts["runs"]["f64"])]
            yield "training: first four losses", max(errors[:4])
            yield "training: twenty losses", max(errors)
            for at in SNAPSHOTS:
                for name, entry in facts["parameters"][str(at)].items():
                    value = snapshots[at][name].double()
                    yield "training: parameters", relative(value.norm().item(), entry["norm"])
                    yield "training: parameters", relative(value.abs().mean().item(), entry["absmean"])
                yield "training: update error", update_error(snapshots[at], exact[at], start)


def start_of(case: Case) -> dict[str, Tensor]:
    return {name: p.detach() for name, p in case.make_net(RUNS["f32"]).named_parameters()}


def inference_costs() -> Costs:
    tensors = stored("inference_1x64x96")
    for run in RUNS:
        got = inference_fixture(run)
        for name, value in tensors.items():
            yield "inference", farthest(got[name], value)


def norm_costs() -> Costs:
    facts, predicted = recorded(f"forward_{NORM_CASE.tag}"), stored(f"forward_{NORM_CASE.tag}")["predicted"]
    for run in FLOAT32:
        _, values, grads, _ = backward(NORM_CASE, run)
        yield from terms("batch norm", values, facts)
        yield from gradients("batch norm", grads, facts["grads"], facts)
        with running(RUNS[run]), torch.no_grad():
            net, images = NORM_CASE.make_net(RUNS[run]), NORM_CASE.images(RUNS[run])
            net(images)
            buffers = dict(net.named_buffers())
            for name, exact in facts["running"].items():
                errors = np.abs(sampled(name, buffers[name]).numpy() - exact) / np.maximum(1, np.abs(exact))
                yield "batch norm: running statistics", float(errors.max())
            yield "batch norm: prediction", farthest(inference(net.eval(), images), predicted)


def multiscale_costs() -> Costs:
    for kind in multiscale.KINDS:
        facts, case = recorded(f"multiscale_{kind}"), multiscale.Case(kind)
        for run in FLOAT32:
            with running(RUNS[run]):
                net, images = case.make_net(RUNS[run]), case.images(RUNS[run])
                out = net(images)
                result = losses(out, images[:, 6:])
                result.total().backward()
            yield from terms("multiscale", result.items(), facts)
            yield "multiscale: images", farthest(sampled("refined", out.merged[-1]), np.array(facts["refined"]))
            yield "multiscale: flows, px", farthest(sampled("flow", out.flows[-1]), np.array(facts["flow"]))
            grads = {name: p.grad for name, p in net.named_parameters()}
            yield from gradients("multiscale", grads, facts["grads"], facts)


SINGLE_OPS: dict[str, str] = {"prelu": "ops: PReLU", "clamp": "ops: clamp", "warp": "ops: warp"}


def op_costs() -> Costs:
    tensors = stored("ops", "packages/engine/src/ops/__tests__/fixtures")
    for op in op_cases.OPERATORS:
        given = {name.split(".")[-1]: v for name, v in tensors.items() if name.rsplit(".", 1)[0] == op}
        if not given:
            continue
        for run in RUNS:
            with running(RUNS[run]):
                wide = {key: value.astype(np.float64 if run == "f64" else np.float32) for key, value in given.items()}
                computed = op_cases.evaluate(op, wide, wide["cot"])
            for key, value in computed.items():
                yield from op_cost(op, key, value, given)


def op_cost(op: str, key: str, got: np.ndarray, given: dict[str, np.ndarray]) -> Costs:
    """As packages/engine/src/ops/__tests__/reference.test.ts."""
    error, scale = farthest(got, given[key]), float(np.abs(given[key]).max())
    if op == "warp" and key == "grad1":
        # At whole pixels rounding decides on a one-sided derivative.
        elsewhere = given["in1"] != 0
        yield "ops: warp, gradient to the flow", float(np.abs(got - given[key])[elsewhere].max())
    elif op in ("lap", "distill") and key == "out":
        yield "ops: Laplacian and distillation loss", error / scale
    elif op == "lap" and key != "cot":
        distance = np.linalg.norm(got.astype(np.float64) - given[key]) / np.linalg.norm(given[key])
        yield "ops: gradient of the Laplacian loss", float(distance)
    else:
        yield SINGLE_OPS.get(op, "ops: values and gradients"), error / scale


def rife4_costs() -> Costs:
    folder = "packages/model/src/rife4/__tests__/fixtures"
    forward, steps = recorded("forward", folder), recorded("step", folder)
    for run in FLOAT32:
        how = RUNS[run]
        with running(how):
            for version, facts in forward.items():
                got = rife4_fixtures.record(version, how.dtype, how.memory_format)
                for kind in ("plain", "half", "ensemble"):
                    for name, values in facts.get(kind, {}).items():
                        quantity = "images" if name == "merged" else "flows, px, and masks"
                        yield f"RIFE 4.x: {quantity}", farthest(np.array(got[kind][name]), np.array(values))
            for version, facts in steps.items():
                values, grads = rife4_fixtures.step(version, facts["first"], how.dtype, how.memory_format)
                yield from terms("RIFE 4.x", {name: value.item() for name, value in values.items()}, facts)
                yield from gradients("RIFE 4.x", grads, facts["grads"], facts)


def rife4_training_costs() -> Costs:
    for case in rife4_fixtures.TRAININGS:
        for run in FLOAT32:
            with running(RUNS[run]):
                for what, cost in rife4_fixtures.training_costs(*case, RUNS[run].memory_format):
                    yield f"RIFE 4.x training: {what}", cost


def perceptual_costs() -> Costs:
    facts = recorded("perceptual", "packages/model/src/features/__tests__/fixtures")
    for run in FLOAT32:
        how = RUNS[run]
        with running(how):
            values, grads = perceptual.record(how.dtype, how.memory_format)
            for name, exact in facts["grads"].items():
                for got, value in zip(values[name], facts["terms"][name]):
                    yield "VGG-19: loss terms", relative(got, value)
                yield "VGG-19: gradients", relative(grads[name].norm().item(), exact["norm"])
                entries = np.array(samples(name, grads[name]))
                yield "VGG-19: gradients", farthest(entries, np.array(exact["val"])) / exact["max"]


def lpips_costs() -> Costs:
    # Needs torchvision and lpips, which nothing else here does.
    import lpips_fixture

    facts = recorded("lpips", "packages/model/src/lpips/__tests__/fixtures")
    for run in FLOAT32:
        how = RUNS[run]
        with running(how):
            for (*layers, distance), exact in zip(lpips_fixture.record(how.dtype, how.memory_format), facts["cases"]):
                yield "LPIPS: distances", relative(distance, exact["distance"])
                yield "LPIPS: layers", max(map(relative, layers, exact["layers"]))


def optimizer_costs() -> Costs:
    expected = json.loads((ROOT / "packages/core/src/__tests__/fixtures/adamw_trace.json").read_text())
    for got, step in zip(adamw_trace(torch.float64), expected):
        for a, b in ((a, b) for k in "pm" for a, b in zip(got[k], step[k])):
            yield "AdamW", abs(a - b) / max(1, abs(b))
        yield "AdamW", max((relative(a, b) for a, b in zip(got["v"], step["v"]) if b), default=0.0)


PARTS: dict[str, Callable[[], Costs]] = {
    "ops": op_costs,
    "optimizer": optimizer_costs,
    "norm": norm_costs,
    "multiscale": multiscale_costs,
    "inference": inference_costs,
    "step": step_costs,
    "training": training_costs,
    "perceptual": perceptual_costs,
    "lpips": lpips_costs,
    "rife4": rife4_costs,
    "rife4_training": rife4_training_costs,
}


def measure(parts: list[str]) -> None:
    """Measures some parts and leaves the others as they are in the results."""
    costs: dict[str, float] = json.loads(RESULTS.read_text())["pytorch"] if RESULTS.exists() else {}
    for part in parts:
        found: dict[str, float] = {}
        for quantity, error in PARTS[part]():
            found[quantity] = max(found.get(quantity, 0.0), error)
        costs |= found
        versions = {"torch": torch.__version__, "runs": list(RUNS), "cpu": torch.backends.cpu.get_cpu_capability()}
        RESULTS.write_text(json.dumps({**versions, "pytorch": costs}, indent=1) + "\n")
        print(f"{part}: {found}", flush=True)


def table(costs: dict[str, float], errors: list[Path]) -> str:
    """Markdown: quantity, what float32 costs PyTorch, our worst over the files, the bound, and
    bound over PyTorch's.
    """
    ours: dict[str, Json] = {}
    for line in (json.loads(line) for path in errors for line in path.read_text().splitlines()):
        if line["quantity"] not in ours or not line["error"] <= ours[line["quantity"]]["error"]:
            ours[line["quantity"]] = line
    rows = ["| quantity | float32 in PyTorch | ours, worst | bound | bound / PyTorch |", "| --- | --- | --- | --- | --- |"]
    for quantity, worst in sorted(ours.items()):
        cost = costs.get(quantity)
        cells = ("-", "-") if cost is None else (f"{cost:.1e}", f"{worst['bound'] / cost:.2g}" if cost else "-")
        rows.append(f"| {quantity} | {cells[0]} | {worst['error']:.1e} | {worst['bound']:g} | {cells[1]} |")
    return "\n".join(rows)


def standing_table() -> str:
    """Markdown: by fixture what stands on thresholds, and what all of it together may move at most.
    """
    kinds = ("prelu", "abs", "warp", "clamp", "mask")
    rows = [f"| fixture | {' | '.join(kinds)} | loss terms | gradient norms | entries |", "| --- " * 9 + "|"]
    tags = [f"forward_{case.tag}" for case in CASES] + [f"multiscale_{kind}" for kind in multiscale.KINDS]
    for tag in tags:
        standing = recorded(tag)["standing"]
        counts = [str(standing["elements"].get(kind, 0)) for kind in kinds]
        most = [
            max((value for key, value in standing["moves"].items() if fits(key)), default=0.0)
            for fits in (lambda k: " " not in k, lambda k: k.endswith(" norm"), lambda k: k.endswith(" entries"))
        ]
        rows.append(f"| `{tag}` | {' | '.join(counts)} | {' | '.join(f'{value:.1e}' for value in most)} |")
    return "\n".join(rows)


def put(text: str, name: str, markdown: str) -> str:
    """Between the marks of that name."""
    before, rest = text.split(f"<!-- {name} -->")
    return f"{before}<!-- {name} -->\n{markdown}\n<!-- /{name} -->{rest.split(f'<!-- /{name} -->')[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", type=Path, nargs="*", default=[])
    parser.add_argument("--only", default=",".join(PARTS), help="parts to measure; empty for the table alone")
    args = parser.parse_args()
    measure([part for part in args.only.split(",") if part])
    if not args.errors:
        return
    bounds = table(json.loads(RESULTS.read_text())["pytorch"], args.errors)
    DOCS.write_text(put(put(DOCS.read_text(), "bounds", bounds), "standing", standing_table()))
    print(bounds)


if __name__ == "__main__":
    main()
