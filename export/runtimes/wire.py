"""Arrays as JSON: dtype, dimensions and the bytes in base64, as the programs that run in other processes read them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Message = dict[str, Any]


def pack(content: bytes) -> str:
    """Bytes as text."""
    return b64encode(content).decode("ascii")


def unpack(text: str) -> bytes:
    """Text as bytes."""
    return b64decode(text)


def pack_arrays(arrays: Mapping[str, Array]) -> Message:
    """Arrays by name, ready for JSON; little-endian."""
    return {
        name: {"dtype": values.dtype.name, "dims": list(values.shape), "data": pack(_little(values).tobytes())}
        for name, values in arrays.items()
    }


def unpack_arrays(message: Mapping[str, Any]) -> dict[str, Array]:
    """Arrays by name from what :func:`pack_arrays` wrote."""
    return {
        name: np.frombuffer(unpack(entry["data"]), np.dtype(entry["dtype"]).newbyteorder("<")).reshape(entry["dims"])
        for name, entry in message.items()
    }


def _little(values: Array) -> Array:
    return values.astype(values.dtype.newbyteorder("<"), copy=False)
