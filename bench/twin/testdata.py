"""Writes the small fixtures that the project's tests read, from a folder of complete ones
(`fixtures.py`).

    python testdata.py FIXTURES REPOSITORY

The results of the reference's float32 run are copied; the exact ones, in float64, are computed
here, so that a test can distinguish rounding from a mistake.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cases import CASES, NORM_CASE, RUNS, Json
from recipes import backward, sampled, train_run
from rife import inference
from safetensors_io import load_file, save_file

MODEL = "packages/model/src/__tests__/fixtures"
TRAINING = "test/reference/fixtures"


def shortest(value: float) -> float:
    """The float of fewest digits that is the same float32."""
    return float(str(np.float32(value)))


def nine_digits(value: float) -> float:
    return float(f"{value:.9g}")


def samples(name: str, value: Tensor) -> list[float]:
    """The 16 sampled entries, rounded far below float32's own error."""
    return [nine_digits(v) for v in sampled(name, value).tolist()]


def gradients(facts: Json, exact: dict[str, Tensor]) -> Json:
    """Per parameter: norm and samples of the float32 run, samples and norm in float64."""
    return {
        name: {
            "norm": nine_digits(entry["norm"]),
            "absmean": nine_digits(entry["absmean"]),
            "max": nine_digits(entry["max"]),
            "val": [shortest(v) for v in entry["val"]],
            "norm_f64": nine_digits(exact[name].norm().item()),
            "val_f64": samples(name, exact[name]),
        }
        for name, entry in facts.items()
    }


def write_json(path: Path, value: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


def write_forward(given: Path, repository: Path) -> None:
    """`forward_<tag>.json`; the tensors beside them stay as they are."""
    for case in CASES:
        facts = json.loads((given / f"forward_{case.tag}.json").read_text())
        _, _, exact, _ = backward(case, "f64")
        head = {**case.facts(), "losses": facts["losses"], "losses_f64": facts["losses_f64"]}
        report = {
            **head,
            "grad_norm_total": facts["grad_norm_total"],
            "grads": gradients(facts["grads"], exact),
        }
        write_json(repository / MODEL / f"forward_{case.tag}.json", report)


def write_train(given: Path, repository: Path) -> None:
    """`train_<tag>.json`: losses of the float32 and the float64 run, and parameters along both."""
    for case in CASES:
        facts = json.loads((given / f"train_{case.tag}.json").read_text())
        history, snapshots = train_run(case, "f64", facts["steps"], facts["lr"])
        worst = max(abs(a["total"] / b["total"] - 1) for a, b in zip(history, facts["runs"]["f64"]))
        if worst > 1e-9:
            raise SystemExit(f"this machine's float64 run of {case.tag} differs by {worst:g}")
        parameters = {
            step: {
                name: {
                    "norm": nine_digits(entry["norm"]),
                    "absmean": nine_digits(entry["absmean"]),
                    "val_f64": samples(name, snapshots[int(step)][name]),
                }
                for name, entry in entries.items()
            }
            for step, entries in facts["params_f32"].items()
        }
        settings = {key: facts[key] for key in ("steps", "lr", "weight_decay", "betas", "eps")}
        runs = {run: facts["runs"][run] for run in ("f32", "f64")}
        errors = facts["update_error_vs_f64"]
        report = {
            **case.facts(),
            **settings,
            "runs": runs,
            "update_error_vs_f64": errors,
            "parameters": parameters,
        }
        write_json(repository / TRAINING / f"train_{case.tag}.json", report)


def write_norm(repository: Path) -> None:
    """A step with batch norm in the blocks, in float64: losses, gradients, running statistics, and
    a prediction with them.
    """
    case, run = NORM_CASE, RUNS["f64"]
    _, values, grads, _ = backward(case, "f64")
    net, images = case.make_net(run), case.images(run)
    with torch.no_grad():
        net.train()(images, timestep=case.timestep)
    report = {
        **case.facts(),
        "losses": values,
        "grads": {
            name: {
                "norm": nine_digits(grad.norm().item()),
                "max": nine_digits(grad.abs().max().item()),
                "val": samples(name, grad),
            }
            for name, grad in grads.items()
        },
        "running": {name: samples(name, value) for name, value in net.named_buffers() if "running" in name},
    }
    write_json(repository / MODEL / f"forward_{case.tag}.json", report)
    frame = inference(net.eval(), images)
    save_file({"predicted": frame.float().numpy()}, repository / MODEL / f"forward_{case.tag}.safetensors")


def write_inference(given: Path, repository: Path) -> None:
    """The reference's inference options; the input is made by formula."""
    tensors = load_file(given / "inference_1x64x96.safetensors")
    tensors.pop("input_u8")
    save_file(tensors, repository / MODEL / "inference_1x64x96.safetensors")


PARTS = {
    "forward": write_forward,
    "train": write_train,
    "norm": lambda _, repository: write_norm(repository),
    "inference": write_inference,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("fixtures", type=Path, help="folder that fixtures.py wrote; `norm` reads nothing of it")
    parser.add_argument("repository", type=Path, help="root of the repository")
    parser.add_argument("--only", default=",".join(PARTS), help="parts to write, separated by commas")
    args = parser.parse_args()
    torch.set_num_threads(2)
    for part in args.only.split(","):
        PARTS[part](args.fixtures, args.repository)


if __name__ == "__main__":
    main()
