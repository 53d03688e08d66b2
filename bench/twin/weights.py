"""Weights files against PyTorch itself; exit code 1 if anything differs.

    python weights.py

Ours to torch: files that we write open with torch.load(weights_only=True), mapped into memory too,
and load strictly into the network the way the reference's load_model does, bit for bit. Torch to
ours: files that torch.save writes in both formats, with the layouts and dtypes it knows, are read
by us bit for bit; what is not to be read is refused with its code. Needs built packages (npm run
build) and node on the PATH.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path
from typing import Any, Callable
from unittest import mock

import torch
from torch import Tensor, nn
from torch.utils.serialization import config

from rife import IFNet
from safetensors_io import load_file, save_file

NODE = ["node", str(Path(__file__).with_suffix(".mjs"))]
DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
Rows = list[list[Any]]


class Report:
    """Prints one line per check and remembers whether all held."""

    def __init__(self) -> None:
        self.checks = 0
        self.failed = 0

    def line(self, what: str, good: bool, more: str = "") -> None:
        self.checks += 1
        self.failed += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}{': ' + more if more else ''}", flush=True)


def raw(tensor: Tensor) -> bytes:
    """Contiguous row-major bytes; this machine is little-endian."""
    flat = tensor.detach().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def rows(state: dict[str, Tensor]) -> Rows:
    return [[name, DTYPES[t.dtype], list(t.shape), zlib.crc32(raw(t))] for name, t in state.items()]


def read_ours(*files: Path) -> list[dict[str, Any]]:
    done = subprocess.run([*NODE, "read", *map(str, files)], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def convert_ours(source: Path, target: Path, kind: str) -> None:
    subprocess.run([*NODE, "convert", str(source), str(target), kind], check=True)


def reference_convert(param: dict[str, Tensor]) -> dict[str, Tensor]:
    """load_model of the reference: only keys with `module.`, and without it."""
    return {k.replace("module.", ""): v for k, v in param.items() if "module." in k}


def network(arbitrary_time: bool) -> IFNet:
    torch.manual_seed(7)
    return IFNet(arbitrary_time)


def loads(report: Report, what: str, file: Path, net: IFNet, **options: Any) -> None:
    """torch.load, the reference's conversion, a strict load into a fresh network, and every bit
    compared.
    """
    state = torch.load(file, weights_only=True, **options)
    fresh = IFNet(net.arbitrary_time)
    fresh.load_state_dict(reference_convert(state), strict=True)
    expected, got = net.state_dict(), fresh.state_dict()
    same = list(expected) == list(got) and all(raw(expected[k]) == raw(got[k]) for k in expected)
    report.line(f"{what} -> torch.load{options or ''}, load_state_dict(strict)", same, f"{len(got)} tensors")


def ours_to_torch(report: Report, folder: Path) -> None:
    """What we write."""
    for name, arbitrary_time in (("IFNet", False), ("IFNet_m", True)):
        net = network(arbitrary_time)
        source = folder / f"{name}.safetensors"
        save_file({k: v.numpy() for k, v in net.state_dict().items()}, source)
        for kind in ("zip", "legacy"):
            file = folder / f"{name}.{kind}.pkl"
            convert_ours(source, file, kind)
            loads(report, f"our {kind} of {name}", file, net)
        loads(report, f"our zip of {name}", folder / f"{name}.zip.pkl", net, mmap=True)
        config.load.calculate_storage_offsets = True
        loads(report, f"our zip of {name}, offsets computed", folder / f"{name}.zip.pkl", net, mmap=True)
        config.load.calculate_storage_offsets = False
        with zipfile.ZipFile(folder / f"{name}.zip.pkl") as archive:
            report.line(f"our zip of {name} -> zipfile.testzip", archive.testzip() is None)


def round_trip(report: Report, folder: Path) -> None:
    """torch's .pkl -> our safetensors -> our .pkl: every byte of every tensor."""
    state = nn.DataParallel(network(False)).state_dict()
    first, middle, last = (folder / name for name in ("trip.pkl", "trip.safetensors", "trip2.pkl"))
    torch.save(state, first)
    convert_ours(first, middle, "safetensors")
    convert_ours(middle, last, "zip")
    back = torch.load(last, weights_only=True)
    report.line("torch .pkl -> our .safetensors -> our .pkl", rows(back) == rows(state), f"{len(back)} tensors")
    report.line("order and values of our .safetensors", list(load_file(middle)) == [k[7:] for k in state])


def layouts() -> dict[str, dict[str, Tensor]]:
    """State dicts with every layout and dtype that torch.save can write."""
    torch.manual_seed(11)
    base = torch.randn(4, 6, 5, 3)
    counting = torch.arange(24, dtype=torch.float32)
    return {
        "DataParallel's state_dict": dict(nn.DataParallel(network(False)).state_dict()),
        "channels_last": dict(network(True).to(memory_format=torch.channels_last).state_dict()),
        "shared storages, offsets": {"all": base, "row": base[2], "cell": base[1, 2:5, ::2], "again": base},
        "transposed, permuted, expanded": {
            "t": base[0, 0].t(),
            "p": base.permute(3, 1, 0, 2),
            "e": counting[3:5].expand(3, 2),
            "diagonal": counting.view(4, 6).diagonal(),
            "windows": counting.unfold(0, 5, 2),
        },
        "scalars, empty tensors": {"s": torch.tensor(2.5), "e": torch.empty(0, 3), "one": torch.ones(1, 1, 1)},
        "special values": {"v": torch.tensor([0.0, -0.0, float("inf"), float("nan"), 1e-45, 3.4e38])},
        "dtypes": {str(d): (torch.rand(3, 5) * 100).to(d) for d in DTYPES},
        "dtypes, transposed": {str(d): (torch.rand(3, 5) * 100).to(d).t() for d in DTYPES},
        "names": {"": counting, "10": counting + 1, "2": counting + 2, "é π": counting + 3},
    }


def wrapped(state: dict[str, Tensor]) -> dict[str, Callable[[Path], None]]:
    """Ways to save."""
    ordered = OrderedDict(state)
    ordered._metadata = OrderedDict({"": {"version": 1}})
    parameters = OrderedDict((k, nn.Parameter(v, v.is_floating_point())) for k, v in state.items())

    def on_gpu(file: Path) -> None:
        with mock.patch("torch.serialization.location_tag", lambda storage: "cuda:0"):
            torch.save(state, file)

    def deflated(file: Path) -> None:
        plain = file.with_suffix(".plain")
        torch.save(state, plain)
        with zipfile.ZipFile(plain) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
            for name in source.namelist():
                target.writestr(name, source.read(name))

    def legacy(value: object, protocol: int) -> Callable[[Path], None]:
        return lambda file: torch.save(
            value, file, pickle_protocol=protocol, _use_new_zipfile_serialization=False
        )

    return {
        "zip": lambda file: torch.save(ordered, file),
        "zip, parameters": lambda file: torch.save(parameters, file),
        "zip, protocol 4": lambda file: torch.save(state, file, pickle_protocol=4),
        "zip, protocol 5": lambda file: torch.save(state, file, pickle_protocol=5),
        "zip, cuda:0": on_gpu,
        "zip, deflated": deflated,
        "zip, in a checkpoint": lambda file: torch.save({"epoch": 3, "state_dict": ordered, "lr": 1e-4}, file),
        "legacy": legacy(ordered, 2),
        "legacy, protocol 4": legacy(state, 4),
        "legacy, in a checkpoint": legacy({"model": state, "step": 7}, 2),
    }


def torch_to_ours(report: Report, folder: Path) -> None:
    """What torch writes."""
    for layout, state in layouts().items():
        ways = wrapped(state)
        files = [folder / f"case{i}.pkl" for i in range(len(ways))]
        for file, save in zip(files, ways.values()):
            save(file)
        for way, got in zip(ways, read_ours(*files)):
            report.line(f"torch's {way} of {layout} -> ours", got.get("tensors") == rows(state), got.get("code", ""))


class Attack:
    """Python's own way to have a function called by a pickle."""

    def __reduce__(self) -> tuple:
        return print, ("this was executed",)


def refused(report: Report, folder: Path) -> None:
    """What must not be read."""
    net = nn.Conv2d(3, 4, 3)
    optimizer = torch.optim.AdamW(net.parameters())
    net(torch.rand(1, 3, 8, 8)).sum().backward()
    optimizer.step()
    cases: dict[str, tuple[object, str]] = {
        "an attack": ({"w": torch.ones(2), "x": Attack()}, "RIFE_ERR_WEIGHTS_GLOBAL"),
        "a whole module": (net, "RIFE_ERR_WEIGHTS_GLOBAL"),
        "complex numbers": ({"w": torch.ones(2, dtype=torch.complex64)}, "RIFE_ERR_WEIGHTS_DTYPE"),
        "numbers that count as negated": (
            {"w": torch.view_as_complex(torch.ones(3, 2)).conj().imag},
            "RIFE_ERR_WEIGHTS_PICKLE",
        ),
        "a sparse tensor": ({"w": torch.eye(3).to_sparse()}, "RIFE_ERR_WEIGHTS_GLOBAL"),
        "two state dicts": ({"a": net.state_dict(), "b": net.state_dict()}, "RIFE_ERR_WEIGHTS_AMBIGUOUS"),
        "an optimizer alone": (optimizer.state_dict(), "RIFE_ERR_WEIGHTS_EMPTY"),
        "a tensor alone": (torch.ones(2), "RIFE_ERR_WEIGHTS_EMPTY"),
    }
    for what, (value, code) in cases.items():
        for kind in (True, False):
            file = folder / "refused.pkl"
            torch.save(value, file, _use_new_zipfile_serialization=kind)
            (got,) = read_ours(file)
            report.line(f"{what} ({'zip' if kind else 'legacy'}) is refused", got.get("code") == code, got.get("code", "read"))
    both = folder / "both.pkl"
    torch.save({"model": net.state_dict(), "optimizer": optimizer.state_dict()}, both)
    (got,) = read_ours(both)
    report.line("model beside optimizer -> the model", got.get("tensors") == rows(net.state_dict()))


def main() -> int:
    report = Report()
    with tempfile.TemporaryDirectory() as name:
        for part in (ours_to_torch, round_trip, torch_to_ours, refused):
            part(report, Path(name))
    print(f"{report.checks - report.failed} of {report.checks} checks hold, torch {torch.__version__}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
