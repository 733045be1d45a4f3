"""What a new package is to be called, refused where a name cannot be one."""

from __future__ import annotations

import keyword
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from losskit.spec.errors import ScaffoldError
from losskit.spec.loss import Task

TASKS: tuple[str, ...] = get_args(Task)
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 40  # what lines of the templates have room for
_LONGEST_TITLE = 80


@dataclass(frozen=True)
class Order:
    """A package as it was asked for.

    Attributes:
        name: of the loss.
        task: what it is for.
        title: the name people use.
        author: who is named in the metadata.
        start: the registered loss that it starts from; empty for the example formula of the task.
    """

    name: str
    task: str
    title: str
    author: str
    start: str = ""

    @property
    def distribution(self) -> str:
        """What pip installs."""
        return f"losskit-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What Python imports."""
        return f"losskit_{self.name}"

    @cached_property
    def camel(self) -> str:
        """The name as the beginning of a class's."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def module(self) -> str:
        """The class of the module."""
        return self.camel if self.camel.endswith("Loss") else f"{self.camel}Loss"


def check_name(name: str) -> str:
    """The name, if a new loss may bear it.

    Raises:
        ScaffoldError: it has the wrong form, is taken by a loss, or means something else to Python.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        near = re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()).strip("_0123456789")
        offer = f"; did you mean {near}?" if _NAME.fullmatch(near) and near != name and len(near) <= _LONGEST else ""
        raise ScaffoldError(
            f"{name!r} is no name of a loss, expected lower-case words of letters and digits joined by single "
            f"underscores, a letter first, at most {_LONGEST} characters, such as my_loss{offer}"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise ScaffoldError(
            f"{name!r} is a keyword of Python, expected a name that can be a function; take {name}_loss"
        )
    if name in sys.stdlib_module_names:
        raise ScaffoldError(
            f"{name!r} is a module of Python's standard library, expected another name; take {name}_loss"
        )
    _check_free(name)
    return name


def _check_free(name: str) -> None:
    from losskit.registry import providers

    offered = providers().get(name)
    if offered:
        raise ScaffoldError(
            f"there is a loss {name!r} already, from {offered[0]}; take another name, and '--from {name}' to start from it"
        )


def check_task(task: str) -> str:
    """The task, if losses have it.

    Raises:
        ScaffoldError: there is none of this name; the nearest are offered.
    """
    from losskit.registry import unknown

    plain = task.strip().lower().replace("-", "_").replace(" ", "_")
    if plain not in TASKS:
        raise ScaffoldError(unknown("task", task, TASKS))
    return plain


def check_title(title: str) -> str:
    """The title, if it is one line that fits.

    Raises:
        ScaffoldError: it is empty, too long, or has several lines.
    """
    if not title.strip() or len(title) > _LONGEST_TITLE or not title.isprintable() or '"' in title or "\\" in title:
        raise ScaffoldError(
            f"the title {title!r} must be one line of 1 to {_LONGEST_TITLE} characters without quotation marks and backslashes"
        )
    return title.strip()


def check_author(author: str) -> str:
    """The author, if it is one line.

    Raises:
        ScaffoldError: it is empty, or has several lines.
    """
    if not author.strip() or not author.isprintable() or '"' in author or "\\" in author:
        raise ScaffoldError(f"the author {author!r} must be one line without quotation marks and backslashes")
    return author.strip()


def title_of(name: str) -> str:
    """A title made of the name."""
    return name.replace("_", " ").capitalize()
