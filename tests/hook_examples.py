"""The packages in the docstrings of the hooks, taken out so that tests can install and use them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

from losskit.spec import ExtensionHooks, LossHooks

GROUPS = {LossHooks: "losskit.losses", ExtensionHooks: "losskit.extensions"}
HOOKS = {name: group for group in GROUPS for name in vars(group) if name.startswith("losskit_")}
BLOCK = re.compile(r"^```python\n# (\w+/\w+)\.py\n(.*?)^```", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r'The entry ``(\w+) = "(\w+)"`` names this module:')
EXERCISED: set[str] = set()
Test = TypeVar("Test", bound=Callable[..., Any])


def modules(hook: str) -> dict[str, str]:
    """The modules of an example, ``package/module`` to source."""
    text = inspect.cleandoc(getattr(HOOKS[hook], hook).__doc__)
    _, _, example = text.partition("Example:\n")
    return dict(BLOCK.findall(inspect.cleandoc(example)))


def entry(hook: str) -> dict[str, str]:
    """The entry point of an example."""
    return dict(ENTRY.findall(getattr(HOOKS[hook], hook).__doc__))


def exercises(hook: str) -> Callable[[Test], Test]:
    """Say that a test installs the example of a hook and uses it."""

    def note(test: Test) -> Test:
        EXERCISED.add(hook)
        return test

    return note
