"""Compares fixture files with what the twin computes here; exit code 1 if anything is out of
tolerance.

    python check.py DIR [--only weights,forward,train,inference,ops,tables]

Weights and batches must agree bit for bit. Elsewhere the limits are those that the reference's own
float32 runs need against float64, with room for another CPU: see TOLERANCE. Each line gives the
largest error found.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

import op_cases
from cases import CASES
from deterministic import make_net
from fixtures import adamw_trace, batch_crcs, keys, lr_schedule, weights_and_frames
from recipes import backward, inference_fixture, statistics, train_run, update_error
from safetensors_io import load_file

TOLERANCE = {
    "forward": 2e-5,  # absolute; flows reach 5 px
    "losses": 1e-6,  # relative
    "grad_norm": 1e-4,  # relative
    "grad_value": 1e-4,  # of the tensor's largest |gradient|
    "cancelling": 2e-2,  # unet.conv.bias: three sums that nearly cancel
    "first_losses": 1e-5,  # relative, steps 0 to 3
    "losses_20": 1e-3,  # relative, all 20 steps
    "parameters": 1e-3,  # relative norm and mean |p|
    "update_error": 3e-2,
    "ops": 2e-5,  # of the largest |value|, at least 1
    "tables": 1e-6,
}


class Report:
    """Prints one line per comparison and remembers whether all held."""

    def __init__(self) -> None:
        self.failed = 0

    def line(self, what: str, error: float, limit: float) -> None:
        """A comparison; NaN fails."""
        good = error <= limit
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}: {error:.3g} (limit {limit:g})", flush=True)

    def same(self, what: str, got: dict, expected: dict) -> None:
        """Entries that must be equal; counts those that differ."""
        differing = sum(got.get(key) != value for key, value in expected.items())
        self.line(f"{what}, {len(expected)} compared, differing", differing, 0)


def relative(got: float, expected: float) -> float:
    """|got - expected| / |expected|; 0/0 counts as equal."""
    return 0.0 if got == expected else abs(got - expected) / max(abs(expected), 1e-30)


def largest(got: np.ndarray, expected: np.ndarray) -> float:
    """Largest absolute difference."""
    return float(np.abs(got.astype(np.float64) - expected).max())


def check_weights(folder: Path, report: Report) -> None:
    expected = json.loads((folder / "weights_and_frames.json").read_text())
    got = weights_and_frames()
    for arch, tensors in expected["weights"].items():
        crcs = {name: entry["crc32"] for name, entry in tensors.items()}
        report.same(f"weights of {arch}", {n: e["crc32"] for n, e in got["weights"][arch].items()}, crcs)
        order = list(tensors) == list(got["weights"][arch])
        report.line(f"order of {arch}'s tensors differs", not order, 0)
    report.same("frames", got["frames"], expected["frames"])
    report.same("batches", batch_crcs(), json.loads((folder / "batch_crc32.json").read_text()))
    report.line("keys.txt differs", keys() != (folder / "keys.txt").read_text(), 0)


def check_forward(folder: Path, report: Report) -> None:
    for case in CASES:
        expected = load_file(folder / f"forward_{case.tag}.safetensors")
        facts = json.loads((folder / f"forward_{case.tag}.json").read_text())
        tensors, values, grads, _ = backward(case, "f32")
        compared = {name: value for name, value in expected.items() if name != "input_u8"}
        error = max(largest(tensors[name].detach().numpy(), value) for name, value in compared.items())
        report.line(
            f"forward {case.tag}, {len(compared)} tensors, largest error", error, TOLERANCE["forward"]
        )
        loss_error = max(relative(values[name], value) for name, value in facts["losses"].items())
        report.line(f"losses {case.tag}", loss_error, TOLERANCE["losses"])
        check_gradients(case.tag, facts, grads, report)
        _, exact, _, _ = backward(case, "f64")
        exact_error = max(relative(exact[name], value) for name, value in facts["losses_f64"].items())
        report.line(f"losses {case.tag} in float64", exact_error, 1e-12)


def check_gradients(tag: str, facts: dict, grads: dict[str, torch.Tensor], report: Report) -> None:
    """Norms and sampled entries of each parameter's gradient."""
    norms, samples = {}, {}
    for name, expected in facts["grads"].items():
        got = statistics(name, grads[name])
        norms[name] = relative(got["norm"], expected["norm"])
        samples[name] = max(abs(a - b) for a, b in zip(got["val"], expected["val"])) / expected["max"]
    for what, errors in (("grad_norm", norms), ("grad_value", samples)):
        bias = errors.pop("unet.conv.bias")
        worst = max(errors, key=errors.__getitem__)
        report.line(f"{what} {tag}, worst of {len(errors)} ({worst})", errors[worst], TOLERANCE[what])
        report.line(f"{what} {tag}, unet.conv.bias", bias, TOLERANCE["cancelling"])


def check_train(folder: Path, report: Report) -> None:
    for case in CASES:
        facts = json.loads((folder / f"train_{case.tag}.json").read_text())
        start = {name: p.detach() for name, p in make_net(case.arbitrary_time).named_parameters()}
        _, exact = train_run(case, "f64", facts["steps"], facts["lr"])
        for run in ("f32", "f32_nhwc"):
            history, snapshots = train_run(case, run, facts["steps"], facts["lr"])
            errors = [relative(a["total"], b["total"]) for a, b in zip(history, facts["runs"][run])]
            report.line(
                f"training losses {case.tag} {run}, steps 0-3", max(errors[:4]), TOLERANCE["first_losses"]
            )
            report.line(f"training losses {case.tag} {run}, all", max(errors), TOLERANCE["losses_20"])
            last = max(snapshots)
            moved = update_error(snapshots[last], exact[last], start)
            report.line(f"update_error {case.tag} {run} after {last}", moved, TOLERANCE["update_error"])
            if run != "f32":
                continue
            for at, parameters in facts["params_f32"].items():
                got = {n: statistics(n, snapshots[int(at)][n]) for n in parameters}
                worst = max(
                    relative(got[n][k], p[k]) for n, p in parameters.items() for k in ("norm", "absmean")
                )
                report.line(f"parameters {case.tag} after {at}", worst, TOLERANCE["parameters"])


def check_inference(folder: Path, report: Report) -> None:
    got = inference_fixture()
    for name, value in load_file(folder / "inference_1x64x96.safetensors").items():
        report.line(f"inference {name}", largest(got[name], value), TOLERANCE["forward"])


def check_ops(folder: Path, report: Report) -> None:
    """Outputs and gradients for the inputs that the file holds."""
    tensors = load_file(folder / "ops.safetensors")
    for op in op_cases.OPERATORS:
        given = {
            name.split(".")[-1]: value for name, value in tensors.items() if name.rsplit(".", 1)[0] == op
        }
        computed = op_cases.evaluate(op, given, given["cot"])
        scaled = {
            key: largest(value, given[key]) / max(1.0, np.abs(given[key]).max())
            for key, value in computed.items()
        }
        worst = max(scaled, key=scaled.__getitem__)
        report.line(f"op {op}, worst of {', '.join(scaled)} ({worst})", scaled[worst], TOLERANCE["ops"])
    for name, value in op_cases.scores(tensors["ssim.a"], tensors["ssim.b"]).items():
        report.line(
            f"score {name}", relative(float(value[0]), float(tensors[f"ssim.{name}"][0])), TOLERANCE["ops"]
        )
    for n in op_cases.LINSPACES:
        values = torch.linspace(-1.0, 1.0, n).numpy()
        report.line(f"linspace {n}", largest(values, tensors[f"linspace_{n}"]), TOLERANCE["tables"])


def check_tables(folder: Path, report: Report) -> None:
    expected = json.loads((folder / "adamw_trace.json").read_text())
    pairs = [
        (a, b) for got, want in zip(adamw_trace(), expected) for k in "pmv" for a, b in zip(got[k], want[k])
    ]
    report.line("AdamW trace", max(relative(a, b) for a, b in pairs), TOLERANCE["tables"])
    facts = json.loads((folder / "lr_schedule.json").read_text())
    rates = lr_schedule(facts["epochs"], facts["steps_per_epoch"])["lr"]
    worst = max(relative(rates[step], value) for step, value in facts["lr"].items())
    report.line("learning rates", worst, TOLERANCE["tables"])


CHECKS = {
    "weights": check_weights,
    "forward": check_forward,
    "inference": check_inference,
    "ops": check_ops,
    "tables": check_tables,
    "train": check_train,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder with fixture files")
    parser.add_argument("--only", default=",".join(CHECKS), help="parts to check, separated by commas")
    args = parser.parse_args()
    parts = args.only.split(",")
    unknown = [part for part in parts if part not in CHECKS]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; expected some of {', '.join(CHECKS)}")
    torch.set_num_threads(2)
    report = Report()
    for part in parts:
        CHECKS[part](args.folder, report)
    print(f"{report.failed} out of tolerance (torch {torch.__version__})")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
