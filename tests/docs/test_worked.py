"""The worked values on the pages of losses are programs that give what stands beside them."""

from __future__ import annotations

import ast

import pytest
import torch
from docs.worked import example

import losskit
from losskit import registry
from losskit.spec.errors import LosskitError


@pytest.mark.parametrize("name", registry.builtin())
def test_the_worked_values_of_a_page_come_out(name: str) -> None:
    spec = registry.get(name)
    calls = ast.parse(example(spec)).body
    assert len(calls) == len(spec.examples) > 0
    for call, shown in zip(calls, spec.examples, strict=True):
        code = compile(ast.Module([call], []), name, "exec")
        program = compile(ast.Expression(call.value), name, "eval") if isinstance(call, ast.Expr) else code
        if shown.refused:
            with pytest.raises(LosskitError):
                eval(program, {"losskit": losskit, "torch": torch})
            continue
        value = eval(program, {"losskit": losskit, "torch": torch})
        expected = torch.tensor(shown.expected, dtype=value.dtype)
        torch.testing.assert_close(value.detach(), expected, rtol=1e-5, atol=1e-6, equal_nan=True)
