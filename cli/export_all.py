"""All losses as graphs: the work with its progress, and what is shown of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from losskit.cli import output
from losskit.cli.page import Block, Grid, Heading, Paragraph
from losskit.cli.progress import progress

if TYPE_CHECKING:
    from losskit.export.catalogue import Entry, Index


def write_all(place: Path, jobs: int | None, options: dict[str, Any]) -> Index:
    """Write every built-in loss below a folder, saying on stderr how far it is."""
    from losskit.export.catalogue import export_all
    from losskit.registry import builtin

    with output.aside(), progress("exporting", _line) as callback:

        def report(done: int, total: int, name: str, entry: Entry) -> None:
            callback(done, total, (name, entry))

        return export_all(builtin(), place, jobs=jobs, progress=report, **options)


def _line(part: tuple[str, Entry]) -> str:
    name, entry = part
    if not entry.directory:
        return f"{name}: {entry.declared or entry.error}"
    return f"{name}: {', '.join(f'{graph.file} {graph.nodes} nodes' for graph in entry.graphs) or 'no graph'}"


def page_of_all(index: Index, place: Path) -> list[Block]:
    """The folders with the size of their graphs, and what was not written with the reason."""
    rows = tuple(
        (name, graph.file, str(graph.nodes), f"{graph.bytes:,}")
        for name, entry in index.losses.items()
        for graph in entry.graphs
    )
    missing = tuple((n, e.declared or e.error) for n, e in index.losses.items() if not e.directory)
    omitted = tuple(
        (name, file, reason) for name, entry in index.losses.items() for file, reason in entry.omitted.items()
    )
    losses = {entry.loss for entry in index.losses.values()}
    written = {entry.loss for entry in index.losses.values() if entry.directory}
    others = sum(bool(entry.parameters and entry.directory) for entry in index.losses.values())
    more = f", {others} of them at other parameters, too," if others else ""
    blocks: list[Block] = [
        Heading(f"{len(written)} of {len(losses)} losses{more} in {place}"),
        Grid(("loss", "graph", "nodes", "bytes"), rows, right=frozenset({"nodes", "bytes"})),
    ]
    if missing:
        blocks += [Heading("Not exported"), Grid(("loss", "reason"), missing)]
    if omitted:
        blocks += [Heading("Not written"), Grid(("loss", "file", "reason"), omitted)]
    return [*blocks, Paragraph(f"{place / 'index.json'} lists them with hashes and operators.")]
