"""A registered loss in a package of another name: its own files, its links kept, and a link back to it."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import metadata
from importlib.util import find_spec
from pathlib import Path

from losskit.cli.scaffold.imports import WIDTH, arrange
from losskit.cli.scaffold.order import Order
from losskit.spec import LossSpec
from losskit.spec.errors import ScaffoldError

_LINK = "the loss this one was started from"


@dataclass(frozen=True)
class Start:
    """A loss that another can start from.

    Attributes:
        spec: what it says of itself.
        package: the package that holds its spec, module and oracle, and nothing else.
        files: the modules of the package, by file name.
        distribution: what installs it.
        licence: the distribution with its version and licence, in words.
    """

    spec: LossSpec
    package: str
    files: Mapping[str, str]
    distribution: str
    licence: str

    @property
    def source(self) -> str:
        """The distribution that the new package needs beside losskit; empty if none."""
        return "" if self.distribution == "losskit" else self.distribution


def read(name: str) -> Start:
    """The files of a registered loss.

    Raises:
        UnknownLossError: no such loss.
        PluginError: its plugin is broken.
        ScaffoldError: it cannot be a start; the sentence says why.
    """
    from losskit.registry import get, providers

    spec = get(name)
    (provider,) = providers()[name]
    if spec.adapter is not None:
        raise _refusal(name, "its formula is a foreign class or function behind an adapter")
    places = (spec.module, spec.oracle, spec.oracle_gradient, spec.parameters.place)
    for module in (place.partition(":")[0] for place in places if place):
        if module.startswith("losskit.spec."):  # parameters that several losses share
            continue
        if module != provider.module and module.rpartition(".")[0] != provider.module:
            raise _refusal(name, f"{module} lies outside of {provider.module}, the package of its spec")
    files = _sources(name, provider.module)
    about = metadata(provider.distribution)
    terms = about.get_all("License-Expression") or about.get_all("License") or ["no licence named"]
    words = f"{provider.distribution} {provider.version} ({' '.join(terms[0].split())})"
    return Start(spec, provider.module, files, provider.distribution, words)


def _refusal(name: str, why: str) -> ScaffoldError:
    return ScaffoldError(f"{name} cannot be a start: {why}; leave out --from and name its task instead")


def _sources(name: str, package: str) -> dict[str, str]:
    found = find_spec(package)
    folders = [] if found is None else list(found.submodule_search_locations or [])
    if len(folders) != 1 or not Path(folders[0], "__init__.py").is_file():
        raise _refusal(name, f"{package} is no package of source files")
    inside = [path for path in sorted(Path(folders[0]).iterdir()) if path.name != "__pycache__"]
    foreign = [path.name for path in inside if path.suffix != ".py" and path.suffix not in (".bib", ".typed")]
    if foreign:
        raise _refusal(name, f"{package} holds {foreign[0]} beside its modules")
    files = {path.name: path.read_text(encoding="utf-8") for path in inside if path.suffix == ".py"}
    for file, text in files.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level > 1:
                raise _refusal(name, f"its {file} imports from outside of {package} by a relative name")
    return files


def modules(order: Order, start: Start) -> dict[str, str]:
    """The package's own modules and its BibTeX file, by file name.

    Raises:
        ScaffoldError: the spec is not written out where it could be changed.
    """
    files = {name: _renamed(order, start, text) for name, text in start.files.items()}
    files["__init__.py"] = _with_links(order, start, files["__init__.py"])
    files = {name: arrange(text, order.package) for name, text in files.items()}
    return {**files, "references.bib": "\n\n".join(entry.bibtex() for entry in start.spec.references) + "\n"}


def _renamed(order: Order, start: Start, text: str) -> str:
    """A module with the package, the classes, the oracle and the beginnings of messages under their new names."""
    old = start.spec.name
    text = re.sub(rf"(?<![\w.]){re.escape(start.package)}(?!\w)", order.package, text)
    for place, new in (
        (start.spec.module, order.module),
        (start.spec.parameters.place, f"{order.camel}Parameters"),
    ):
        if place.startswith(start.package):
            text = re.sub(rf"(?<![\w.]){place.partition(':')[2]}\b", new, text)
    for place in filter(None, (start.spec.oracle, start.spec.oracle_gradient)):
        function = place.partition(":")[2]
        new = _function(order, old, function)
        text = re.sub(rf"(\bdef ){re.escape(function)}(?=\()", rf"\g<1>{new}", text)
    text = re.sub(rf"([\"']){re.escape(old)}(?=: )", rf"\g<1>{order.name}", text)
    return "\n".join(_wrapped(line) for line in text.split("\n"))


def _function(order: Order, old: str, function: str) -> str:
    """The new name of a function that bears the old loss's, alone or at its beginning."""
    named = function == old or function.startswith(f"{old}_")
    return order.name + function.removeprefix(old) if named else function


def _wrapped(line: str) -> str:
    """A line with a function's signature that its new name made too long, as formatters break it."""
    match = re.fullmatch(r"(def \w+\()(.*)(\) -> [^()]+:)", line)
    if match is None or len(line) <= WIDTH:
        return line
    head, arguments, tail = match.groups()
    return f"{head}\n    {arguments}\n{tail}"


def _with_links(order: Order, start: Start, text: str) -> str:
    """The module of the spec with its new name and title, citations of its own, and a claim that links it back."""
    given = _spec_call(start, text)
    names = {keyword.arg: keyword.value for keyword in given.keywords}
    claims = names.get("claims")
    if not isinstance(claims, ast.Tuple) or not {"name", "title", "references"} <= {*names}:
        raise _refusal(start.spec.name, "the claims of its spec are not written out as one tuple")
    last = claims.elts[-1] if claims.elts else None
    changes = {
        _span(text, names["name"]): f'"{order.name}"',
        _span(text, names["title"]): f'"{order.title}"',
        _span(text, names["references"]): _citations(order, start),
    }
    for keyword, place in (("oracle", start.spec.oracle), ("oracle_gradient", start.spec.oracle_gradient)):
        if place and keyword in names:
            module, _, function = place.partition(":")
            own = module.replace(start.package, order.package, 1)
            changes[_span(text, names[keyword])] = f'"{own}:{_function(order, start.spec.name, function)}"'
    changes[_span(text, claims) if last is None else (_span(text, last)[1],) * 2] = (
        f"(\n{_link(start)}    )" if last is None else f",\n{_link(start).rstrip().removesuffix(',')}"
    )
    raw = text.encode()
    for (first, end), new in sorted(changes.items(), reverse=True):
        raw = raw[:first] + new.encode() + raw[end:]
    needed = (
        "from losskit.spec import Reference\n"
        "from losskit.spec.expressions import symbol\n"
        "from losskit.spec.properties import ReducesTo\n"
    )
    return _before_imports(raw.decode(), needed)


def _spec_call(start: Start, text: str) -> ast.Call:
    for node in ast.parse(text).body:
        call = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "LossSpec":
            return call
    raise _refusal(start.spec.name, f"{start.package} does not write out its spec as SPEC = LossSpec(...)")


def _citations(order: Order, start: Start) -> str:
    lines = [
        f'        Reference(key="{reference.key}", file="{order.package}:references.bib"),\n'
        for reference in start.spec.references
    ]
    alone = f"({lines[0].strip()})" if len(lines) == 1 else ""
    if alone and len(f"    references={alone},") <= WIDTH:  # a formatter would draw one alone together
        return alone
    return f"(\n{''.join(lines)}    )" if lines else "()"


def _link(start: Start) -> str:
    """The claim that both are equal, each parameter passed on."""
    names = start.spec.parameters.names()
    passed = "".join(f'                "{name}": symbol("{name}"),\n' for name in names)
    given = f"            parameters={{\n{passed}            }},\n" if passed else ""
    head = f'        ReducesTo(\n            other="{start.spec.name}",\n{given}        )'
    if not passed:
        head = f'        ReducesTo(other="{start.spec.name}")'
    return f'{head}.holds(source="{_LINK}"),\n'


def _span(text: str, node: ast.expr) -> tuple[int, int]:
    """Where an expression stands, in bytes."""
    lines = [0]
    for line in text.encode().splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return lines[node.lineno - 1] + node.col_offset, lines[end_line - 1] + end_column


def _before_imports(text: str, needed: str) -> str:
    first = next(n for n in ast.parse(text).body if isinstance(n, ast.Import | ast.ImportFrom))
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: first.lineno - 1], needed, *lines[first.lineno - 1 :]])
