"""A loss as a saved torch.export program, the framework's successor to TorchScript."""

from __future__ import annotations

import io

import torch
from torch.export import ExportedProgram

from losskit.export.archives import rewrite
from losskit.export.quiet import quiet, root_cause
from losskit.spec.errors import ExportError

_TRACES = ("stack_trace", "source_fn_stack", "from_node", "nn_module_stack", "torch_fn")


def to_pt2(program: ExportedProgram) -> bytes:
    """The program as an archive. Where each line came from, with its path, is left out.

    Raises:
        ExportError: the program cannot be saved.
    """
    for module in program.graph_module.modules():
        if isinstance(module, torch.fx.GraphModule):
            _forget_sources(module.graph)
    written = io.BytesIO()
    try:
        with quiet():
            torch.export.save(program, written)
    except Exception as error:
        raise ExportError(f"the program cannot be saved: {root_cause(error)}") from error
    return rewrite(written.getvalue(), keep=lambda _: True)


def _forget_sources(graph: torch.fx.Graph) -> None:
    for node in graph.nodes:
        for trace in _TRACES:
            node.meta.pop(trace, None)
