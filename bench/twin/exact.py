"""Compares whole runs of ours with PyTorch: every gradient entry, every loss, every parameter; not
samples of them.

    python exact.py [--cases 1x64x64,m_1x64x64_t0.25,...] [--executions captured,eager] [--out results/exact.json]

Needs `npm run build`. A case is [m_]<batch>x<height>x<width>[_t<timestep>]; `m_` stands for
IFNet_m. Each case is run in float32 and in float64 here and by `bench/exact/ours.mjs`; the table
gives, beside each error of ours, what float32 costs PyTorch itself. Exit code 1 when an error is
above its limit.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cases import Case, Json, parse_case
from deterministic import make_net
from recipes import SNAPSHOTS, backward, train_run, update_error
from safetensors_io import load_file

HERE = Path(__file__).resolve().parent
DEFAULT_CASES = "1x64x64,2x96x64,m_1x64x64_t0.25,1x128x128,4x64x96,m_2x96x128_t0.75"
# Loss terms: against float32 or, where PyTorch's float32 run itself strays (one pixel falls on the
# other side of the distillation mask), against float64.
LIMITS = {"loss_terms_nearer": 1e-5, "gradient_norm": 1e-3, "first_losses": 1e-5, "losses": 1e-3, "update_error": 3e-2}


def run_ours(case: Case, execution: str, out: Path) -> None:
    """Runs our trainer; fails with its output when it fails."""
    arch = "IFNet_m" if case.arbitrary_time else "IFNet"
    facts = {"arch": arch, "n": case.n, "h": case.height, "w": case.width, "timestep": case.timestep}
    script = HERE.parent / "exact" / "ours.mjs"
    command = ["node", str(script), "--case", json.dumps(facts), "--execution", execution, "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"our run of {case.tag} failed:\n{done.stdout}\n{done.stderr}")


def load(path: Path) -> dict[str, Tensor]:
    return {name: torch.from_numpy(value.copy()) for name, value in load_file(path).items()}


def relative(got: float, expected: float) -> float:
    return abs(got - expected) / max(abs(expected), 1e-30)


def gradient_errors(got: dict[str, Tensor], expected: dict[str, Tensor]) -> Json:
    """Worst norm, worst relative L2, and how many single entries are off by more than 1e-3 and
    1e-7.
    """
    norms: dict[str, float] = {}
    l2: dict[str, float] = {}
    outside = total = 0
    for name, reference in expected.items():
        a, b = got[name].double(), reference.double()
        norms[name] = relative(a.norm().item(), b.norm().item())
        l2[name] = ((a - b).norm() / b.norm()).item()
        outside += int(((a - b).abs() > torch.clamp(1e-3 * b.abs(), min=1e-7)).sum())
        total += b.numel()
    worst = max(l2, key=l2.__getitem__)
    return {
        "gradient_norm": max(norms.values()),
        "gradient_l2": l2[worst],
        "gradient_l2_of": worst,
        "gradient_l2_median": float(np.median(list(l2.values()))),
        "entries_outside": outside,
        "entries": total,
    }


def compare(case: Case, out: Path, torch_runs: Json) -> Json:
    """Errors of our run against PyTorch's float32 run, and of its updates against float64."""
    steps = json.loads((out / "steps.json").read_text())
    history = torch_runs["history"]
    names = {"reconstruction": "loss_l1", "teacher": "loss_tea", "distill": "loss_distill", "total": "total"}
    losses = [relative(a["total"], b["total"]) for a, b in zip(steps, history)]

    def term_error(expected: Json) -> float:
        return max(relative(steps[0][ours], expected[theirs]) for ours, theirs in names.items())

    against32, against64 = term_error(history[0]), term_error(torch_runs["exact_history"][0])
    result = {
        "loss_terms": against32,
        "loss_terms_f64": against64,
        "loss_terms_nearer": min(against32, against64),
        **gradient_errors(load(out / "gradients.safetensors"), torch_runs["gradients"]),
        "first_losses": max(losses[:4]),
        "losses": max(losses),
    }
    for at in SNAPSHOTS:
        ours = load(out / f"after-{at}.safetensors")
        result[f"update_error_{at}"] = update_error(ours, torch_runs["exact"][at], torch_runs["start"])
    result["update_error"] = max(result[f"update_error_{at}"] for at in SNAPSHOTS)
    return result


def yardstick(history: list[Json], exact_history: list[Json], runs: Json, exact_gradients: dict[str, Tensor]) -> Json:
    """The same errors of PyTorch's float32 run against its float64 run."""
    losses = [relative(a["total"], b["total"]) for a, b in zip(history, exact_history)]
    errors = {at: update_error(runs["snapshots"][at], runs["exact"][at], runs["start"]) for at in SNAPSHOTS}
    terms = max(relative(history[0][k], exact_history[0][k]) for k in exact_history[0] if k != "step")
    return {
        "loss_terms": terms,
        "loss_terms_f64": terms,
        **gradient_errors(runs["gradients"], exact_gradients),
        "first_losses": max(losses[:4]),
        "losses": max(losses),
        **{f"update_error_{at}": error for at, error in errors.items()},
        "update_error": max(errors.values()),
    }


def measure(case: Case, executions: list[str]) -> list[Json]:
    """Rows of one case: PyTorch's float32 against float64, then each of ours."""
    _, _, gradients, _ = backward(case, "f32")
    _, _, exact_gradients, _ = backward(case, "f64")
    history, snapshots = train_run(case, "f32", 20)
    exact_history, exact = train_run(case, "f64", 20)
    start = {name: p.detach() for name, p in make_net(case.arbitrary_time).named_parameters()}
    runs = {
        "history": history,
        "exact_history": exact_history,
        "gradients": gradients,
        "snapshots": snapshots,
        "exact": exact,
        "start": start,
    }
    rows = [
        {
            "case": case.tag,
            "run": "PyTorch float32 against float64",
            **yardstick(history, exact_history, runs, exact_gradients),
        }
    ]
    for execution in executions:
        with tempfile.TemporaryDirectory() as folder:
            run_ours(case, execution, Path(folder))
            rows.append({"case": case.tag, "run": execution, **compare(case, Path(folder), runs)})
    return rows


COLUMNS = ("loss_terms", "loss_terms_f64", "gradient_norm", "gradient_l2", "first_losses", "losses", "update_error")


def table(rows: list[Json]) -> str:
    """Markdown."""
    head = ["case", "run", *COLUMNS, "entries outside"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        cells = [row["case"], row["run"], *(f"{row[c]:.1e}" for c in COLUMNS)]
        lines.append("| " + " | ".join([*cells, f"{row['entries_outside']} of {row['entries']:,}"]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", default=DEFAULT_CASES)
    parser.add_argument("--executions", default="captured,eager")
    parser.add_argument("--out", type=Path, default=HERE.parent / "results" / "exact.json")
    args = parser.parse_args()
    torch.set_num_threads(2)
    rows: list[Json] = []
    for tag in args.cases.split(","):
        rows += measure(parse_case(tag), args.executions.split(","))
        print(f"{tag} done", file=sys.stderr, flush=True)
    print(table(rows))
    args.out.write_text(json.dumps({"limits": LIMITS, "torch": torch.__version__, "rows": rows}, indent=1) + "\n")
    wrong = [
        f"{row['case']} {row['run']}: {name} {row[name]:.2g} (limit {limit:g})"
        for row in rows
        for name, limit in LIMITS.items()
        if not row["run"].startswith("PyTorch") and not row[name] <= limit
    ]
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
