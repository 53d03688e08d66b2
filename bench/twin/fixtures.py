"""Writes the fixtures: deterministic weights and frames, and what the reference makes of them.

    python fixtures.py OUT [--only weights,forward,train,inference,ops,tables,samples]

`check.py DIR` compares a folder of fixtures with this machine's numbers.
"""

from __future__ import annotations

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import torch

from cases import CASES, Case, Json
from deterministic import frame, weights
from op_cases import ops_fixture
from recipes import forward_fixture, inference_fixture, sample_state, train_fixture
from rife import IFNet
from safetensors_io import save_file
from train import learning_rate

FRAMES = ((0, 64, 64, 0.0), (0, 64, 64, 0.5), (0, 64, 64, 1.0), (1, 96, 64, 0.5), (7, 128, 128, 1.0))
BATCHES = (*CASES, Case("1x128x128", 1, 128, 128))
LR_STEPS = (0, 1, 2, 500, 1999, 2000, 2001, 10000, 76100, 114150, 200000, 228299)


def crc32(value: np.ndarray) -> int:
    """CRC-32 of the little-endian bytes in row-major order."""
    return zlib.crc32(np.ascontiguousarray(value).tobytes())


def describe_weights(value: np.ndarray) -> Json:
    """Shape, CRC-32, sum and first values of a weight."""
    first = [float(v) for v in value.reshape(-1)[:4]]
    return {
        "shape": list(value.shape),
        "crc32": crc32(value),
        "sum": float(value.sum(dtype=np.float64)),
        "first4": first,
    }


def describe_frame(value: np.ndarray) -> Json:
    """CRC-32, sum and first bytes of a frame."""
    return {
        "crc32": crc32(value),
        "sum": int(value.sum(dtype=np.int64)),
        "first8": value.reshape(-1)[:8].tolist(),
    }


def weights_and_frames() -> Json:
    """JSON of `weights_and_frames`."""
    nets = {"IFNet": IFNet(False), "IFNet_m": IFNet(True)}
    described = {
        arch: {n: describe_weights(v) for n, v in weights(net).items()} for arch, net in nets.items()
    }
    return {
        "weights": described,
        "frames": {f"k{k}_{h}x{w}_t{t}": describe_frame(frame(k, h, w, t)) for k, h, w, t in FRAMES},
    }


def batch_crcs(steps: int = 20) -> Json:
    """JSON of `batch_crc32`: the uint8 batch of each step of each training fixture."""
    return {f"{c.tag.split('_t')[0]}_s{s}": crc32(c.batch(s).numpy()) for c in BATCHES for s in range(steps)}


def keys() -> str:
    """Names, shapes, types and element counts of both networks, in the order of the weights file.
    """
    lines: list[str] = []
    for arch, net in (("IFNet", IFNet(False)), ("IFNet_m", IFNet(True))):
        state = net.state_dict()
        lines.append(f"# {arch}: {len(state)} tensors, {sum(v.numel() for v in state.values())} parameters")
        lines += [
            f"#   {name}: {sum(p.numel() for p in part.parameters())}" for name, part in net.named_children()
        ]
        lines += [f"{n}\t{'x'.join(map(str, v.shape))}\t{v.dtype}\t{v.numel()}" for n, v in state.items()]
    return "\n".join(lines) + "\n"


def adamw_trace(dtype: torch.dtype = torch.float32) -> list[Json]:
    """Six AdamW updates of four numbers; the rate grows from 0, one gradient stays 0, one is tiny.
    """
    p = torch.nn.Parameter(torch.tensor([0.5, -0.25, 1e-3, 2.0]).to(dtype))
    optimizer = torch.optim.AdamW([p], lr=0.0, weight_decay=1e-3)
    trace: list[Json] = []
    for t in range(6):
        grad = [0.1 * (t + 1), -1e-9, 3.0 - t, 0.0]
        optimizer.param_groups[0]["lr"] = 1e-4 * t
        p.grad = torch.tensor(grad, dtype=dtype)
        optimizer.step()
        state = optimizer.state[p]
        moments = {"m": state["exp_avg"].tolist(), "v": state["exp_avg_sq"].tolist()}
        trace.append({"lr": 1e-4 * t, "grad": grad, "p": p.detach().tolist(), **moments})
    return trace


def lr_schedule(epochs: int = 300, steps_per_epoch: int = 761) -> Json:
    """The reference's rate at some steps, before the factor world_size/4."""
    rates = {str(step): learning_rate(step, epochs * steps_per_epoch) for step in LR_STEPS}
    return {"epochs": epochs, "steps_per_epoch": steps_per_epoch, "lr": rates}


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1))


def write_weights(out: Path) -> None:
    _json(out / "weights_and_frames.json", weights_and_frames())
    _json(out / "batch_crc32.json", batch_crcs())
    (out / "keys.txt").write_text(keys())


def write_forward(out: Path) -> None:
    for case in CASES:
        arrays, report = forward_fixture(case)
        save_file(arrays, out / f"forward_{case.tag}.safetensors")
        _json(out / f"forward_{case.tag}.json", report)


def write_train(out: Path) -> None:
    for case in CASES:
        _json(out / f"train_{case.tag}.json", train_fixture(case))


def write_tables(out: Path) -> None:
    _json(out / "adamw_trace.json", adamw_trace())
    _json(out / "lr_schedule.json", lr_schedule())


def write_samples(out: Path) -> None:
    """Files as torch.save writes them: the ZIP of today, and the older stream."""
    torch.save(sample_state(), out / "sample_zip.pkl")
    torch.save(sample_state(), out / "sample_legacy.pkl", _use_new_zipfile_serialization=False)


WRITERS = {
    "weights": write_weights,
    "forward": write_forward,
    "train": write_train,
    "inference": lambda out: save_file(inference_fixture(), out / "inference_1x64x96.safetensors"),
    "ops": lambda out: save_file(ops_fixture(), out / "ops.safetensors"),
    "tables": write_tables,
    "samples": write_samples,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, help="folder to write to; made if it does not exist")
    parser.add_argument("--only", default=",".join(WRITERS), help="parts to write, separated by commas")
    args = parser.parse_args()
    parts = args.only.split(",")
    unknown = [part for part in parts if part not in WRITERS]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; expected some of {', '.join(WRITERS)}")
    args.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(2)
    for part in parts:
        WRITERS[part](args.out)
        print(f"wrote {part}", flush=True)


if __name__ == "__main__":
    main()
