"""Test vectors in ONNX's own layout: ``test_data_set_N`` with ``input_i.pb`` and ``output_i.pb``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from losskit.export.extras import onnx
from losskit.spec.errors import ArtifactError

Array = NDArray[Any]


def data_set_files(folder: str, inputs: Mapping[str, Array], outputs: Mapping[str, Array]) -> dict[str, bytes]:
    """The files of one data set by their paths.

    Args:
        folder: where they stand.
        inputs: in the order of the graph's inputs.
        outputs: in the order of the graph's outputs.
    """
    files = {}
    for kind, arrays in (("input", inputs), ("output", outputs)):
        for position, (name, values) in enumerate(arrays.items()):
            tensor = onnx.numpy_helper.from_array(np.asarray(values), name)
            files[f"{folder}/{kind}_{position}.pb"] = tensor.SerializeToString(deterministic=True)
    return files


def read_data_set(
    files: Mapping[str, bytes], folder: str, inputs: Iterable[str], outputs: Iterable[str]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Inputs and outputs of a stored data set by name.

    Args:
        files: contents by path.
        folder: of the data set.
        inputs: names of the graph's inputs.
        outputs: names of the graph's outputs.

    Raises:
        ArtifactError: a file is missing, is no tensor, or holds another one.
    """
    return _read(files, folder, "input", inputs), _read(files, folder, "output", outputs)


def _read(files: Mapping[str, bytes], folder: str, kind: str, names: Iterable[str]) -> dict[str, Array]:
    return {name: _tensor(files, f"{folder}/{kind}_{position}.pb", name) for position, name in enumerate(names)}


def _tensor(files: Mapping[str, bytes], path: str, name: str) -> Array:
    if path not in files:
        raise ArtifactError(f"{path} is missing from the manifest")
    tensor = onnx.TensorProto()
    try:
        tensor.ParseFromString(files[path])
        if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise ArtifactError(f"{path} keeps its data in another file, expected all data inside")
        values: Array = onnx.numpy_helper.to_array(tensor)
    except ArtifactError:
        raise
    except Exception as error:  # the parser's own exception type is not public
        raise ArtifactError(f"{path} holds no tensor") from error
    if tensor.name != name:
        raise ArtifactError(f"{path} holds the tensor {tensor.name!r}, expected {name!r}")
    return values
