"""What the forward, training and inference fixtures hold, computed from the twin."""

from __future__ import annotations

from typing import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from cases import RUNS, Case, Json, Run, running
from deterministic import batch, make_net, sample_indices
from rife import IFNet, inference
from train import Trainer, losses, to_images

Arrays = dict[str, np.ndarray]

ACTIVATIONS = (
    *(
        "block0.conv0",
        "block0.convblock",
        "block0.lastconv",
        "block2.conv0",
        "block2.convblock",
        "block2.lastconv",
    ),
    *("block_tea.convblock", "contextnet.conv1", "contextnet.conv4"),
    *("unet.down0", "unet.down3", "unet.up0", "unet.up3", "unet.conv"),
)
# Equal to other tensors of the file, so only compared, not stored.
DUPLICATES = ("unet_in.img0", "unet_in.img1", "unet_in.flow")


def record(net: IFNet) -> dict[str, Tensor]:
    """Hooks that keep activations of the next forward pass; of contextnet those of its first call
    (img0).
    """
    kept: dict[str, Tensor] = {}
    modules = dict(net.named_modules())

    def keep_block(name: str):
        def hook(_module: nn.Module, _args: tuple, out: tuple[Tensor, Tensor]) -> None:
            kept[f"{name}.flow_d"], kept[f"{name}.mask_d"] = out

        return hook

    def keep_unet(_module: nn.Module, args: tuple, out: Tensor) -> None:
        names = ("img0", "img1", "warped_img0", "warped_img1", "mask_logit", "flow")
        kept.update({f"unet_in.{name}": value for name, value in zip(names, args[0])})
        for c, features in zip(("c0", "c1"), args[1:]):
            kept.update({f"unet_in.{c}_{i}": value for i, value in enumerate(features)})
        kept["unet_out"] = out

    def keep_first(name: str):
        def hook(_module: nn.Module, _args: tuple, out: Tensor) -> None:
            kept.setdefault(f"act.{name}", out)

        return hook

    for name in ACTIVATIONS:
        modules[name].register_forward_hook(keep_first(name))
    for name in ("block0", "block1", "block2", "block_tea"):
        modules[name].register_forward_hook(keep_block(name))
    net.unet.register_forward_hook(keep_unet)
    return kept


def sampled(name: str, value: Tensor) -> Tensor:
    """The 16 entries that the fixtures hold, in float64."""
    flat = value.detach().double().reshape(-1)
    return flat[torch.from_numpy(sample_indices(name, flat.numel()))]


def cancels(name: str, all_names: Iterable[str]) -> bool:
    """Sums over all pixels that are 0, in front of a batch norm, or nearly so."""
    before_norm = name.endswith(".0.bias") and name.replace("0.bias", "norm.bias") in all_names
    return name == "unet.conv.bias" or before_norm


def statistics(name: str, value: Tensor) -> Json:
    """Norm, mean, mean and maximum of the absolute value, and 16 samples, all taken in float64."""
    flat = value.detach().double().reshape(-1)
    index = torch.from_numpy(sample_indices(name, flat.numel()))
    return {
        "norm": flat.norm().item(),
        "mean": flat.mean().item(),
        "absmean": flat.abs().mean().item(),
        "max": flat.abs().max().item(),
        "idx": index.tolist(),
        "val": flat[index].tolist(),
    }


def difference(value: Tensor, exact: Tensor) -> Json:
    """Largest absolute and relative L2 error against the float64 model, and the largest exact
    |value|.
    """
    error = (value.detach().double() - exact.detach()).reshape(-1)
    norm = exact.detach().norm()
    relative = (error.norm() / norm).item() if norm > 0 else 0.0
    return {"max_abs": error.abs().max().item(), "rel_l2": relative, "scale": exact.abs().max().item()}


def backward(
    case: Case, run: str
) -> tuple[dict[str, Tensor], Json, dict[str, Tensor], dict[str, Json]]:
    """One pass at step 0: tensors, losses, gradients of the total, norms of each unweighted term's
    gradient.
    """
    with running(RUNS[run]):
        return _backward(case, RUNS[run])


def _backward(case: Case, run: Run) -> tuple[dict[str, Tensor], Json, dict[str, Tensor], dict[str, Json]]:
    net, images = case.make_net(run), case.images(run)
    kept = record(net)
    out = net(images, timestep=case.timestep)
    tensors = {
        f"{kind}_{i}": value
        for i in range(3)
        for kind, value in (("flow", out.flows[i]), ("merged", out.merged[i]))
    }
    tensors |= {"mask": out.mask, "flow_tea": out.flow_teacher, "merged_tea": out.merged_teacher, **kept}
    loss = losses(out, images[:, 6:])
    names, parameters = zip(*net.named_parameters())

    def gradients(value: Tensor) -> dict[str, Tensor]:
        grads = torch.autograd.grad(value, parameters, retain_graph=True, materialize_grads=True)
        return dict(zip(names, grads))

    terms = {"l1": loss.reconstruction, "tea": loss.teacher, "distill": loss.distill}
    by_term = {term: gradients(value) for term, value in terms.items()}
    norms = {name: {term: by_term[term][name].double().norm().item() for term in terms} for name in names}
    return tensors, loss.items(case.distill_weight), gradients(loss.total(case.distill_weight)), norms


def forward_fixture(case: Case) -> tuple[Arrays, Json]:
    """Tensors and JSON of `forward_<tag>`."""
    tensors, values, grads, norms = backward(case, "f32")
    exact, exact_values, exact_grads, _ = backward(case, "f64")
    arrays = {"input_u8": case.batch().numpy()}
    stored = [
        name
        for name in tensors
        if name not in DUPLICATES and (case.internals or "." not in name and name != "unet_out")
    ]
    arrays |= {name: tensors[name].detach().numpy() for name in stored}
    gradients: dict[str, Json] = {}
    for name, grad in grads.items():
        error = difference(grad, exact_grads[name])
        gradients[name] = {
            **statistics(name, grad),
            "f64_max_abs_err": error["max_abs"],
            "f64_rel_l2_err": error["rel_l2"],
            "norm_f64": exact_grads[name].norm().item(),
            "norm_by_term": norms[name],
        }
    report = {
        **case.facts(),
        "losses": values,
        "losses_f64": exact_values,
        "tensors": {name: {"shape": list(a.shape), "dtype": str(a.dtype)} for name, a in arrays.items()},
        "f32_vs_f64": {name: difference(value, exact[name]) for name, value in tensors.items()},
        "grads": gradients,
        "grad_norm_total": torch.stack([grad.double().norm() for grad in grads.values()]).norm().item(),
    }
    return arrays, report


SNAPSHOTS = (1, 5, 20)


def train_run(
    case: Case, run: str, steps: int, lr: float = 1e-4
) -> tuple[list[Json], dict[int, dict[str, Tensor]]]:
    """Losses of each step, and copies of the parameters after the steps in SNAPSHOTS."""
    with running(RUNS[run]):
        return _train_run(case, RUNS[run], steps, lr)


def _train_run(case: Case, run: Run, steps: int, lr: float) -> tuple[list[Json], dict[int, dict[str, Tensor]]]:
    net = case.make_net(run)
    optimizer = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=1e-3)
    trainer = Trainer(net, optimizer, case.distill_weight)
    history: list[Json] = []
    snapshots: dict[int, dict[str, Tensor]] = {}
    for step in range(steps):
        result = trainer.update(case.images(run, step), lr, case.timestep)
        history.append({"step": step, **result.items(case.distill_weight)})
        if step + 1 in SNAPSHOTS:
            snapshots[step + 1] = {
                name: p.detach().clone().contiguous() for name, p in net.named_parameters()
            }
    return history, snapshots


def update_error(value: dict[str, Tensor], exact: dict[str, Tensor], start: dict[str, Tensor]) -> float:
    """|p - p_f64| / |p_f64 - p_start| over all parameters as one vector."""
    error = torch.stack([(value[name].double() - exact[name]).norm() for name in exact]).norm()
    moved = torch.stack([(exact[name] - start[name].double()).norm() for name in exact]).norm()
    return (error / moved).item()


def train_fixture(case: Case, steps: int = 20) -> Json:
    """JSON of `train_<tag>`: four runs of AdamW steps at a constant rate, a new batch each step."""
    runs = {run: train_run(case, run, steps) for run in RUNS}
    start = {name: p.detach() for name, p in make_net(case.arbitrary_time).named_parameters()}
    exact = runs["f64"][1]
    errors = {
        run: {str(at): update_error(snapshots[at], exact[at], start) for at in snapshots}
        for run, (_, snapshots) in runs.items()
        if run != "f64"
    }
    parameters = {str(at): {n: statistics(n, p) for n, p in s.items()} for at, s in runs["f32"][1].items()}
    settings = {"steps": steps, "lr": 1e-4, "weight_decay": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8}
    return {
        **case.facts(),
        **settings,
        "runs": {run: history for run, (history, _) in runs.items()},
        "update_error_vs_f64": errors,
        "params_f32": parameters,
        "torch": torch.__version__,
    }


def inference_fixture(run: str = "f32") -> Arrays:
    """Frames without gt: scales, test-time augmentation, and other times with arbitrary time."""
    with running(RUNS[run]):
        return _inference_fixture(RUNS[run])


def _inference_fixture(run: Run) -> Arrays:
    u8 = batch(0, 1, 64, 96, 0.5)
    images = to_images(torch.from_numpy(u8), run.memory_format, run.dtype)
    plain, timed = (make_net(timed, run.dtype).to(memory_format=run.memory_format) for timed in (False, True))
    frames = {f"scale_{scale:g}": inference(plain, images, scale) for scale in (1, 0.5, 2)}
    frames["tta"] = inference(plain, images, tta=True)
    frames |= {f"m_timestep_{t:g}": inference(timed, images, timestep=t) for t in (0.125, 0.5, 0.75)}
    return {name: value.numpy() for name, value in frames.items()} | {"input_u8": u8}


def sample_state() -> dict[str, Tensor]:
    """Ten tensors of a state dict as the reference saves it: wrapped once, so that names start with
    `module.`.
    """
    wrapped = nn.Module()
    wrapped.add_module("module", make_net(False))
    kept = ("block2.lastconv.", "contextnet.conv1.conv1.", "unet.up3.", "unet.conv.")
    state = wrapped.state_dict()
    for name in list(state):
        if not name.startswith(tuple(f"module.{prefix}" for prefix in kept)):
            del state[name]
    return state
