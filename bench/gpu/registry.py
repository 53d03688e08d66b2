"""Writes bench/gpu/registry.json: which ops TensorFlow's CUDA build can run on a GPU, for which
types, and which of their tensors stay in the host's memory.

    nice python3 bench/gpu/registry.py [--libraries FOLDER] [--version 2.21.0] [--out FILE]

FOLDER has libtensorflow_cc.so.2 and libtensorflow_framework.so.2 of the wheel `tensorflow` for
Linux x64, which is the CUDA build (`tensorflow-cpu` is the other); such as `tensorflow/` of an
engine that was installed with RIFE_TRAIN_TF_VARIANT=gpu. Without it pip downloads the wheel (570
MB) into a temporary folder. The kernels register themselves when the libraries are loaded, which
needs neither a GPU nor a driver nor the CUDA wheels.
"""

import argparse
import ctypes
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

FRAMEWORK, WHOLE = "libtensorflow_framework.so.2", "libtensorflow_cc.so.2"
# A kernel for DEFAULT serves a GPU that has none of its own. Where neither is, the op runs on the CPU.
DEVICES = ("GPU", "DEFAULT")
# What our graphs hold, and might; others are left out of the file.
KEPT = {"float", "half", "bfloat16", "double", "int32", "int64", "uint8", "bool", "resource"}
# tensorflow/core/framework/types.proto, as far as constraints name them.
TYPES = (
    "invalid float double int32 uint8 int16 int8 string complex64 int64 bool qint8 quint8 qint32 bfloat16 "
    "qint16 quint16 uint16 complex128 half resource variant uint32 uint64 float8_e5m2 float8_e4m3fn "
    "float8_e4m3fnuz float8_e4m3b11fnuz float8_e5m2fnuz int4 uint4 int2 uint2"
).split()


class Buffer(ctypes.Structure):
    """TF_Buffer of tensorflow/c/tf_buffer.h."""

    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("free", ctypes.c_void_p)]


def type_name(number):
    return TYPES[number] if number < len(TYPES) else f"type{number}"


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """Fields of a protocol-buffer message, as (number, value): bytes, or an integer."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            value, at = data[at : at + size], at + size
        else:
            raise ValueError(f"wire type {wire}")
        yield number, value


def every(data, number):
    return [value for n, value in fields(data) if n == number]


def first(data, number, default=b""):
    return next((value for n, value in fields(data) if n == number), default)


def text(data, number):
    return first(data, number).decode()


def packed(value):
    at = 0
    while at < len(value):
        number, at = varint(value, at)
        yield number


def types_of(values):
    """Types of an AttrValue.ListValue; a repeated number may be packed or not."""
    for value in every(values, 6):
        yield from packed(value) if isinstance(value, bytes) else [value]


def buffer_of(library, function):
    """What TF_GetAllOpList or TF_GetAllRegisteredKernels returns, as bytes."""
    call = getattr(library, function)
    call.restype = ctypes.POINTER(Buffer)
    if function == "TF_GetAllOpList":
        found = call()
    else:
        library.TF_NewStatus.restype = ctypes.c_void_p
        library.TF_GetCode.argtypes = [ctypes.c_void_p]
        call.argtypes = [ctypes.c_void_p]
        status = library.TF_NewStatus()
        found = call(status)
        if library.TF_GetCode(status) != 0 or not found:
            raise RuntimeError(f"{function} failed")
    return ctypes.string_at(found.contents.data, found.contents.length)


def arguments(op, number):
    """`name:type` of each input or output: `x:T`, `values:N*T`, `indices:int32`, `args:Targs...`."""
    result = []
    for arg in every(op, number):
        kind, attr, count, types = first(arg, 3, 0), text(arg, 4), text(arg, 5), text(arg, 6)
        one = attr or type_name(kind)
        result.append(f"{text(arg, 1)}:{f'{types}...' if types else f'{count}*{one}' if count else one}")
    return result


def default_types(op):
    """Defaults of the attributes that are a type."""
    result = {}
    for attr in every(op, 4):
        if text(attr, 2) == "type" and (default := first(attr, 3)):
            result[text(attr, 1)] = type_name(first(default, 6, 0))
    return result


def joined(kernels):
    """Joins kernels that differ in the types of one attribute alone."""
    names = sorted({name for types, _ in kernels for name in types})
    for name in names:
        groups = {}
        for types, host in kernels:
            rest = tuple(sorted((n, tuple(t)) for n, t in types.items() if n != name))
            groups.setdefault((rest, tuple(host), name in types), []).append(types.get(name, []))
        kernels = [
            ({**{n: list(t) for n, t in rest}, **({name: sorted(set(sum(lists, [])))} if has else {})}, list(host))
            for (rest, host, has), lists in groups.items()
        ]
    return sorted(kernels, key=str)


def kernels_of(data):
    """By op and device: (types by attribute, arguments in the host's memory)."""
    result = {}
    for kernel in every(data, 1):
        device = text(kernel, 2)
        # A label has to be asked for by an attribute, which nothing here does.
        if device not in DEVICES or text(kernel, 5):
            continue
        types = {}
        for constraint in every(kernel, 3):
            values = first(first(constraint, 2), 1)
            if every(values, 2):  # strings; no op of ours has one
                continue
            allowed = map(type_name, types_of(values))
            types[text(constraint, 1)] = [name for name in allowed if name in KEPT]
        host = sorted(name.decode() for name in every(kernel, 4))
        if all(types.values()):
            result.setdefault(text(kernel, 1), {}).setdefault(device, []).append((types, host))
    return result


def registry(folder, version):
    for name in (FRAMEWORK, WHOLE):
        library = ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)
    library.TF_Version.restype = ctypes.c_char_p
    loaded = library.TF_Version().decode()
    if loaded != version:
        raise SystemExit(f"{folder} has TensorFlow {loaded}, not {version}")
    kernels = kernels_of(buffer_of(library, "TF_GetAllRegisteredKernels"))
    if not any("GPU" in devices for devices in kernels.values()):
        raise SystemExit(f"{folder} registers no kernel for a GPU: this is tensorflow-cpu")
    ops = {}
    for op in every(buffer_of(library, "TF_GetAllOpList"), 1):
        name = text(op, 1)
        if name.startswith("_"):
            continue
        devices = {device: joined(found) for device, found in sorted(kernels.get(name, {}).items())}
        ops[name] = {"in": arguments(op, 2), "out": arguments(op, 3), "defaults": default_types(op), **devices}
    return ops


def fetch(version, folder):
    """The two libraries of the wheel, in `folder/tensorflow`."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    system = ["--platform", "manylinux_2_27_x86_64", "--python-version", "311"]
    subprocess.run([*pip, *system, "-d", folder, f"tensorflow=={version}"], check=True)
    [wheel] = pathlib.Path(folder).glob("tensorflow-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for name in (FRAMEWORK, WHOLE):
            archive.extract(f"tensorflow/{name}", folder)
    return pathlib.Path(folder) / "tensorflow"


def write(path, version, ops):
    """A line for each op, so that a new version's differences can be read."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(ops[name], separators=(',', ':'))}" for name in sorted(ops))
    path.write_text(f'{{"tensorflow": "{version}", "ops": {{\n{lines}\n}}}}\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--libraries", type=pathlib.Path)
    parser.add_argument("--version", default="2.21.0")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).with_name("registry.json"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ops = registry(args.libraries or fetch(args.version, folder), args.version)
    write(args.out, args.version, ops)
    print(f"{args.out}: {len(ops)} ops, {sum('GPU' in op or 'DEFAULT' in op for op in ops.values())} of them for a GPU")


if __name__ == "__main__":
    main()
