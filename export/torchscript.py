"""A loss as a TorchScript archive, for LibTorch in C++; its autograd gives the gradient there."""

from __future__ import annotations

import io

import torch
from torch import nn

from losskit.export.archives import rewrite
from losskit.export.quiet import quiet, root_cause
from losskit.spec.errors import ExportError


def to_torchscript(loss: nn.Module) -> bytes:
    """The scripted module. Unlike the graphs it keeps ``sample_weight``.

    torch stores the source of every line with its path beside the code, for error messages; these entries are left out.

    Raises:
        ExportError: the module cannot be scripted.
    """
    written = io.BytesIO()
    try:
        with quiet():
            torch.jit.save(torch.jit.script(loss.eval()), written)
    except Exception as error:
        raise ExportError(f"the module cannot be scripted: {root_cause(error)}") from error
    return rewrite(written.getvalue(), keep=lambda name: not name.endswith(".debug_pkl"))
