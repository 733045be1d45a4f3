"""Writes the pages that come from the code: one a loss, their index, the vocabulary, and an example of a report."""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mkdocs_gen_files
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from losskit import registry, verify
from losskit.conformance import pictures
from losskit.conformance.report import from_json, to_html
from losskit.conformance.report.matrix import GROUPS
from losskit.export import census
from losskit.spec import Claim, LossSpec, Property, describe_regime
from losskit.spec.properties import KINDS, Convex

HERE = Path(__file__).parent
sys.path.append(str(HERE.parent))  # the build runs this file by its path
from docs import (  # noqa: E402
    commands,
    gallery,
    graphs,
    illustrations,
    lattice,
    matrix,
    runtimes,
    schemas,
    worked,
)

REPLAY = HERE.parent / "reports" / "runtimes.json"  # of the last replay of all graphs, which CI makes before this
MARKER = "<!-- vocabulary -->"


def cell(text: object) -> str:
    """A text that may stand in a table."""
    return " ".join(str(text).split()).replace("|", r"\|").replace("*", r"\*")


def regime(claim: Any) -> str:
    """Where a claim is made."""
    return describe_regime(claim.when) or "always"


def arguments(given: Property) -> str:
    """The arguments of a property, as they are printed after its name."""
    return str(given).removeprefix(given.kind)


def link(claim: Claim) -> str:
    """A relation to another loss in a sentence, with a link to its page where it has one."""
    relation = claim.property.model_dump()
    other = relation["other"]
    place = f"`{other}`" if other.startswith("torch.") else f"[{other}]({other}.md)"
    words = {
        "equal": "equals",
        "affine": "is an affine map of",
        "function": "is a function of",
        "same_gradient": "has the gradient of",
        "limit": "tends to",
    }
    verdict = "" if claim.verdict == "holds" else "not: "
    where = f" where {describe_regime(claim.when)}" if claim.when else ""
    return f"{verdict}{words[relation['relation']]} {place}{where}"


def index(specs: list[LossSpec]) -> str:
    """The table of all losses."""
    rows = [
        f"| [{s.title}]({s.name}.md) | `{s.name}` | {s.task} | {len(s.claims)} | {cell(s.summary)} |" for s in specs
    ]
    intro = "Every page is generated from the loss's spec; `losskit describe NAME` shows the same in a terminal."
    head = ["# Losses", "", intro, "", "| loss | name | task | claims | summary |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *rows, ""])


def vocabulary(specs: list[LossSpec]) -> Iterator[str]:
    """Every kind of property with its definition, its arguments and who claims it, in groups."""
    for group in GROUPS:
        module = sys.modules[f"losskit.spec.properties.{group}"]
        title, _, rest = (module.__doc__ or "").partition(":")
        yield f"## {title.strip().rstrip('.')} {{#{group}}}\n"
        yield f"{rest.strip().capitalize()}\n" if rest else ""
        for name, kind in KINDS.items():
            if kind.__module__ == module.__name__ and name != "Engineering":
                yield from _entry(kind, specs)


def _entry(kind: type[Property], specs: list[LossSpec]) -> Iterator[str]:
    text, _, attributes = inspect.cleandoc(kind.__doc__ or "").partition("\n\nAttributes:\n")
    names = [name for name in kind.model_fields if name != "kind"]
    yield f"### {kind.__name__} {{#{kind.__name__.lower()}}}\n"
    yield f"`{kind.__name__}({', '.join(names)})`\n" if names else ""
    yield text.replace("``", "`") + "\n"
    yield illustrations.figure(kind.__name__)
    lines = inspect.cleandoc(attributes).splitlines()
    yield "".join(f"\n- {line}" if not line.startswith(" ") else f" {line.strip()}" for line in lines).replace(
        "``", "`"
    )
    yield "\n" if lines else ""
    yield from _claimed(kind, specs)


def _claimed(kind: type[Property], specs: list[LossSpec]) -> Iterator[str]:
    for verdict in ("fails",) if kind.default else ("holds", "fails"):
        found = registry.find(**{verdict: kind.__name__}, among=specs)  # type: ignore[arg-type]
        losses = ", ".join(f"[{match.name}](losses/{match.name}.md)" for match in found)
        word = "Narrowed by" if kind.default else f"Claimed to {verdict.removesuffix('s')} for"
        yield f"{word}: {losses}.\n" if losses else ""


def write(path: str, text: str) -> None:
    """Add a page to the site."""
    with mkdocs_gen_files.open(path, "w") as file:
        file.write(text)


def write_bytes(path: str, content: bytes) -> None:
    """Add a picture to the site."""
    with mkdocs_gen_files.open(path, "wb") as file:
        file.write(content)


def example_report() -> str:
    """The page of a small verification in which one claim is false."""
    shown = ("ShiftInvariant", "NonNegative", "Bounded", "Convex", "LabelSymmetric", "Reduces", "DeviceParity")
    bounded = registry.get("mae_classification")
    mistaken = Convex(on="logits").holds(when={"C": 2}, source="a mistake, made for this example")
    claims = (*(claim for claim in bounded.claims if claim.property.kind != "Convex"), mistaken)
    false = bounded.model_copy(update={"claims": claims})
    return to_html(verify("comp_sum", false, only=shown, device="cpu", jobs=1))


def main() -> None:
    """Write every generated page."""
    specs = [registry.get(name) for name in registry.builtin()]
    environment = Environment(loader=FileSystemLoader(HERE / "templates"), undefined=StrictUndefined, autoescape=False)
    environment.filters.update(cell=cell, regime=regime, arguments=arguments, link=link, example=worked.example)
    template = environment.get_template("loss.md.j2")
    drawn = {spec.name: pictures.picture(spec) for spec in specs}
    for spec in specs:
        links = list(spec.links())
        write_bytes(f"losses/pictures/{spec.name}.svg", pictures.render(drawn[spec.name], ".svg"))
        write(
            f"losses/{spec.name}.md",
            template.render(
                spec=spec,
                claims=[c for c in spec.claims if c not in links],
                links=links,
                picture=gallery.figure(drawn[spec.name], "../pictures/"),
            ),
        )
    write("losses/index.md", index(specs))
    write("losses/gallery.md", gallery.page([(spec, drawn[spec.name]) for spec in specs]))
    write("losses/matrix.md", matrix.page(specs))
    write("losses/lattice.md", lattice.page(specs))
    write("runtimes.md", runtimes.page(specs, from_json(REPLAY.read_text("utf-8")) if REPLAY.is_file() else None))
    write("graphs.md", graphs.page(census.read(HERE / "graphs.json")))
    write("reference/cli.md", commands.page())
    write("reference/schemas.md", schemas.page())
    for schema in schemas.SCHEMAS:
        write(f"reference/schemas/{schema.file}.schema.json", schema.text())
    write("example-report.html", example_report())
    for kind, drawing in illustrations.drawings():
        write_bytes(illustrations.place(kind), drawing)
    page = (HERE / "properties.md").read_text(encoding="utf-8")
    write("properties.md", page.replace(MARKER, "\n".join(part for part in vocabulary(specs) if part)))


main()
