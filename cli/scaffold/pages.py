"""Files of a package that are rendered from templates."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from losskit.cli.scaffold.imports import arrange
from losskit.spec.errors import MissingExtraError

if TYPE_CHECKING:
    from jinja2 import Environment

    from losskit.cli.scaffold.order import Order
    from losskit.spec import LossSpec

_WORD = "losskit new"


def from_task(order: Order) -> dict[str, str]:
    """The package's own modules, with the example formula of the task; by file name."""
    from losskit.spec import cases, expressions, properties, tensors

    names: dict[str, list[str]] = {
        "properties": properties.__all__,
        "cases": _public(cases),
        "expressions": _public(expressions),
        "tensors": _public(tensors),
    }
    modules = {
        "__init__.py": render("package.py.j2", order=order, **names),
        "loss.py": render("loss.py.j2", order=order),
        "reference.py": render("reference.py.j2", order=order),
    }
    files = {name: arrange(_tidy(text), order.package) for name, text in modules.items()}
    return {**files, "references.bib": _tidy(render("references.bib.j2", order=order))}


def around(order: Order, source: str = "") -> dict[str, str]:
    """What a repository holds beside the package, by path; ``source`` says which distribution the loss came from."""
    from losskit import __version__

    files = {
        "pyproject.toml": "pyproject.toml.j2",
        ".gitignore": "gitignore.j2",
        ".github/workflows/ci.yml": "ci.yml.j2",
        f"tests/test_{order.name}.py": "test.py.j2",
    }
    words = {"order": order, "source": source, "version": __version__}
    return {path: _tidy(render(template, **words)) for path, template in files.items()}


def card(order: Order, spec: LossSpec, licence: str = "") -> str:
    """The README: what the loss takes, computes and claims; ``licence`` is that of the loss it was started from."""
    from losskit.spec import describe_regime

    return _tidy(render("README.md.j2", order=order, spec=spec, licence=licence, regime=describe_regime))


def render(template: str, **words: Any) -> str:
    """A template with its words filled in.

    Raises:
        MissingExtraError: jinja2 is not installed.
    """
    return _environment().get_template(template).render(**words)


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtraError(
            f"{_WORD} needs jinja2, which is not installed; run: pip install 'losskit[verify]'"
        ) from error
    environment = Environment(
        loader=PackageLoader("losskit.cli.scaffold"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # what is written is Python, TOML and Markdown
    )
    environment.filters.update(literal=lambda text: json.dumps(text, ensure_ascii=False), tensor=_tensor, cell=_cell)
    environment.filters["block"] = lambda text: text.rstrip("\n")
    return environment


def _tensor(name: str) -> str:
    return f"{name}: Tensor"


def _cell(text: object) -> str:
    """A text that may stand in a table."""
    return " ".join(str(text).split()).replace("|", r"\|")


def _public(module: Any) -> list[str]:
    """Names that a module defines, not those it imports: constants, classes and functions."""
    found = vars(module).items()
    own = (name for name, value in found if name.isupper() or getattr(value, "__module__", "") == module.__name__)
    return [name for name in own if not name.startswith("_")]


def _tidy(text: str) -> str:
    """One newline at the end, none at the beginning, and no more than two blank lines."""
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    return text.strip("\n") + "\n"
