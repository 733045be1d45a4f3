"""The graphs of every loss counted: nodes, bytes and hash, with the versions that pin them.

``python -m losskit.export.census`` writes the table anew. What is counted is the computation: a graph without its metadata, which
holds the spec, so that a reworded sentence moves no hash and an operator more or less does.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from losskit.export.extras import onnx
from losskit.export.folder import write_file
from losskit.export.graphs import write_graph
from losskit.export.numbers import encode
from losskit.export.subject import prepare
from losskit.registry import builtin, get
from losskit.spec import LossSpec
from losskit.spec.coupling import narrowing_at
from losskit.spec.errors import ExportError
from losskit.spec.model import Frozen

CENSUS_VERSION: Literal[1] = 1
FILE = "docs/graphs.json"
PINNED = ("torch", "onnx", "onnx-ir", "sympy")  # what traces a loss, writes the graph, and words its sizes


class Count(Frozen):
    """One graph without its metadata; ``sha256`` is a hexadecimal digest."""

    nodes: int
    bytes: int
    sha256: str


class Graphs(Frozen):
    """The two graphs of a loss, and the parameters that differ from the defaults where those have no graph."""

    parameters: dict[str, JsonValue]
    value: Count
    value_and_gradient: Count


class Census(Frozen):
    """The graphs of all losses, in alphabetical order, and the versions that wrote them."""

    schema_version: Literal[1] = CENSUS_VERSION
    versions: dict[str, str]
    losses: dict[str, Graphs]

    @property
    def pinned(self) -> dict[str, str]:
        """The versions that decide about the bytes."""
        return {name: self.versions[name] for name in PINNED}


def installed() -> dict[str, str]:
    """The versions here; a build of the same version for another device traces the same."""
    return {name: version(name).partition("+")[0] for name in ("losskit", *PINNED)}


def shown_parameters(spec: LossSpec) -> dict[str, Any]:
    """Parameters with which a loss has a graph: none where the defaults will do, else those of a worked example.

    Raises:
        ExportError: the spec shows none.
    """
    defaults = {field.name: field.default for field in spec.parameters.fields}
    for given in ({}, *(dict(example.parameters) for example in spec.examples)):
        if narrowing_at(spec, "ExportsONNX", {**defaults, **given}) is None:
            return given
    raise ExportError(f"{spec.name} shows no parameters with which it can be exported")


def bare(content: bytes) -> bytes:
    """A graph that says nothing of who wrote it and what it computes."""
    model = onnx.load_model_from_string(content)
    del model.metadata_props[:]
    model.ClearField("producer_name")
    model.ClearField("producer_version")
    stripped: bytes = model.SerializeToString(deterministic=True)
    return stripped


def count(content: bytes) -> Count:
    """Nodes, bytes and hash of a graph."""
    graph = bare(content)
    nodes = len(onnx.load_model_from_string(graph).graph.node)
    return Count(nodes=nodes, bytes=len(graph), sha256=hashlib.sha256(graph).hexdigest())


def graphs_of(name: str) -> tuple[bytes, bytes]:
    """The value graph and the value-and-gradient graph of a loss, for reduction mean.

    Raises:
        ExportError: it has none.
    """
    spec = get(name)
    subject = prepare(spec, shown_parameters(spec))
    return write_graph(subject, gradient=False), write_graph(subject, gradient=True)


def take(names: Iterable[str]) -> Census:
    """Write and count the graphs of losses."""
    return Census(versions=installed(), losses={name: _counted(name) for name in sorted(names)})


def _counted(name: str) -> Graphs:
    value, both = graphs_of(name)
    return Graphs(parameters=encode(shown_parameters(get(name))), value=count(value), value_and_gradient=count(both))


def read(path: Path) -> Census:
    """The table as it was written."""
    return Census.model_validate_json(path.read_bytes())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the table, or print the part of some losses."""
    parser = argparse.ArgumentParser(
        prog="python -m losskit.export.census", description="Count the graphs of every loss."
    )
    parser.add_argument("-o", "--output", type=Path, default=Path(FILE), metavar="FILE", help=f"{FILE} if left out")
    parser.add_argument("names", nargs="*", metavar="NAME", help="losses to print and write nothing")
    options = parser.parse_args(arguments)
    if options.names:
        sys.stdout.write(take(options.names).model_dump_json(indent=2) + "\n")
    else:
        write_file(options.output, (take(builtin()).model_dump_json(indent=2) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
