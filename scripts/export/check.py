"""Checks the files of one kind of network: check.py FOLDER HEIGHT WIDTH TIMESTEP (see run.mjs)."""

import os
import sys

import ncnn
import numpy as np
import onnx

BOUND = 2e-5
folder, height, width, timestep = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])


def read(name):
    values = np.fromfile(os.path.join(folder, name + ".f32"), dtype=np.float32)
    return values.reshape(3, height, width)


class Warp(ncnn.Layer):
    """rife-ncnn-vulkan's layer: bilinear, positions clamped to the border."""

    def __init__(self):
        ncnn.Layer.__init__(self)
        self.one_blob_only = False

    def forward(self, bottoms, tops, options):
        image, flow = np.array(bottoms[0]), np.array(bottoms[1])
        _, h, w = image.shape
        rows, columns = np.meshgrid(
            np.arange(h, dtype=np.float32), np.arange(w, dtype=np.float32), indexing="ij"
        )
        x = np.clip(columns + flow[0], 0, w - 1)
        y = np.clip(rows + flow[1], 0, h - 1)
        x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
        x1, y1 = np.minimum(x0 + 1, w - 1), np.minimum(y0 + 1, h - 1)
        a, b = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
        above = image[:, y0, x0] * (1 - a) + image[:, y0, x1] * a
        below = image[:, y1, x0] * (1 - a) + image[:, y1, x1] * a
        # ncnn keeps no reference to numpy's memory: the names here must outlive the copy.
        result = np.ascontiguousarray((above * (1 - b) + below * b).astype(np.float32))
        tops[0].clone_from(ncnn.Mat(result), options.blob_allocator)
        return 0


kept = []


def make_warp():
    kept.append(Warp())
    return kept[-1]


def by_ncnn():
    net = ncnn.Net()
    for option in ("packing_layout", "fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage"):
        setattr(net.opt, "use_" + option, False)
    net.opt.num_threads = 1
    net.register_custom_layer("rife.Warp", make_warp, lambda layer: None)
    assert net.load_param(os.path.join(folder, "flownet.param")) == 0
    assert net.load_model(os.path.join(folder, "flownet.bin")) == 0
    inputs = [read("img0"), read("img1"), np.full((1, height, width), timestep, np.float32)]
    extractor = net.create_extractor()
    for i, values in enumerate(inputs):
        extractor.input(f"in{i}", ncnn.Mat(values))
    status, frame = extractor.extract("out0")
    assert status == 0
    return np.array(frame)


problems = []
for name in sorted(os.listdir(folder)):
    if name.endswith(".onnx"):
        try:
            onnx.checker.check_model(os.path.join(folder, name), full_check=True)
        except Exception as error:  # noqa: BLE001: whatever it finds is a result
            problems.append(f"{name}: {error}")
words = "onnx.checker: " + ("refused" if problems else "all files pass")
if os.path.exists(os.path.join(folder, "flownet.param")):
    difference = float(np.abs(by_ncnn() - read("frame")).max())
    words += f"; ncnn differs by {difference:.1e}"
    if not difference <= BOUND:
        problems.append(f"ncnn differs by {difference}, at most {BOUND} was expected")
print(os.path.basename(folder) + ": " + words)
for problem in problems:
    print("  " + problem)
sys.exit(1 if problems else 0)
