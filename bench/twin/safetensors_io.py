"""Reads and writes safetensors files with numpy alone.

Layout: 8 bytes little-endian header length, a JSON header {name: {dtype, shape, data_offsets}}, the
raw bytes.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

DTYPES: dict[str, str] = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "|u1", "BOOL": "|b1"}
CODES: dict[str, str] = {numpy_type: code for code, numpy_type in DTYPES.items()}


def load_file(path: str | Path) -> dict[str, np.ndarray]:
    """All tensors of a file, as read-only arrays in the order of the header."""
    raw = Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", raw)
    header: dict[str, dict] = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors: dict[str, np.ndarray] = {}
    for name, entry in header.items():
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(raw[start:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def save_file(tensors: dict[str, np.ndarray], path: str | Path) -> None:
    """Writes tensors in the order given; the header is padded so that the data is 8-byte aligned.
    """
    header: dict[str, dict] = {}
    chunks: list[bytes] = []
    offset = 0
    for name, value in tensors.items():
        little = value.dtype.newbyteorder("<")
        data = value.astype(little, order="C", copy=False).tobytes()
        header[name] = {
            "dtype": CODES[little.str],
            "shape": list(value.shape),
            "data_offsets": [offset, offset + len(data)],
        }
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))
