"""The graphs of every loss by size: what the census counted when it was last taken."""

from __future__ import annotations

from collections.abc import Iterator

from losskit.export.census import Census, Count, Graphs

PAGE = """# Graphs

Every loss is written as two graphs of standard operators: its value, and its value with the gradient of every differentiable
input. Sizes are those of the computation alone; the file of an artifact also carries the spec. A hash is the beginning of the
graph's SHA-256: with {versions} every process on every machine writes these very bytes. [graphs.json](graphs.json) holds the
whole hashes, and the parameters where the defaults have no graph; the tests write every graph anew and compare.

{table}

Made by

```console
$ python -m losskit.export.census
```
"""
SHOWN = 12  # digits of a hash


def page(census: Census) -> str:
    """The page as Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in census.pinned.items())
    return PAGE.format(versions=versions, table="\n".join(_table(census)))


def _table(census: Census) -> Iterator[str]:
    columns = "nodes | bytes | SHA-256"
    yield f"| loss | value: {columns} | with gradient: {columns} |"
    yield "| --- | ---: | ---: | --- | ---: | ---: | --- |"
    for name, graphs in census.losses.items():
        yield f"| {_link(name, graphs)} | {_cells(graphs.value)} | {_cells(graphs.value_and_gradient)} |"


def _link(name: str, graphs: Graphs) -> str:
    given = ", ".join(f"{key}={value}" for key, value in graphs.parameters.items())
    return f"[{name}](losses/{name}.md)" + (f" at {given}" if given else "")


def _cells(count: Count) -> str:
    return f"{count.nodes} | {count.bytes:,} | `{count.sha256[:SHOWN]}`"
