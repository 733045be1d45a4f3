"""Documentation and code say the same, and code in the documentation runs."""

import re
from pathlib import Path

import pytest
import yaml
from docs import graphs, lattice, runtimes

import losskit
from losskit import registry
from losskit.conformance.report.as_text import NAMES
from losskit.conformance.report.matrix import GLYPHS
from losskit.conformance.report.model import Finding, LossReport, Report
from losskit.export import census
from losskit.spec.properties import KINDS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
GENERATED = {"graphs.md", "losses/index.md", "runtimes.md", "reference/cli.md", "reference/schemas.md"}
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(path: str) -> list[str]:
    """The Python blocks of a page."""
    return PYTHON.findall((ROOT / path).read_text(encoding="utf-8"))


def run(path: str) -> None:
    """Run the Python blocks of a page one after the other, as a reader would."""
    names: dict[str, object] = {}
    for block in blocks(path):
        exec(compile(block, path, "exec"), names)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_the_readme_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run("README.md")
    lines = capsys.readouterr().out.splitlines()
    wrong, refuted = re.findall(r"print\(.*\)  # (\d.*|refuted.*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    (exported,) = (line for line in lines if re.fullmatch(r"[\d.]+ [\d.]+", line))
    assert [float(n) for n in exported.split()] == pytest.approx([float(n) for n in wrong.split()], rel=1e-6)
    assert [line for line in lines if line.startswith(refuted.partition(", at")[0])]


def test_the_readme_names_every_loss() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in registry.builtin() if f"| `{name}` |" not in text] == []


def test_the_readme_gives_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 'pip install -c constraints.txt ".[verify]" && losskit verify' in text
    assert 'pip install -c constraints.txt -e ".[dev]" && pytest' in text


def test_every_page_is_in_the_navigation() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = re.findall(r"[\w/-]+\.md", str(config["nav"]))
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert pages | GENERATED == set(named)


def test_every_relation_that_holds_is_an_arrow() -> None:
    specs = [registry.get(name) for name in registry.builtin()]
    others = [(s.name, c.property.model_dump()["other"]) for s in specs for c in s.links() if c.verdict == "holds"]
    related = {(start, end) for start, end in others if start != end}
    arrows = lattice.edges(specs)
    both = {pair for pair in related if pair[::-1] in related}
    assert {(edge.start, edge.end) for edge in arrows} | {pair[::-1] for pair in both} >= related
    assert len(arrows) == len(related) - len(both) // 2
    assert {("comp_sum", "cross_entropy"), ("ldr_kl", "cross_entropy")} <= {(edge.start, edge.end) for edge in arrows}
    places = lattice.layout(arrows)
    boxes = {name for pair in related for name in pair}
    assert len({places.place(name) for name in boxes}) == len(boxes)
    assert all(places.place(edge.start)[0] > places.place(edge.end)[0] for edge in arrows)
    shown = lattice.page(specs)
    assert shown.count('class="arrow"') == len(arrows)
    assert all(f"[{s.name}]({s.name}.md)" in shown for s in specs if s.name not in boxes)


def test_every_decision_is_listed() -> None:
    listed = (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")
    assert [p.name for p in (DOCS / "decisions").glob("*.md") if p.name != "index.md" and p.name not in listed] == []


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"Engineering"}))
def test_every_property_is_defined(kind: str) -> None:
    assert len(KINDS[kind].definition().split()) >= 4


def test_the_page_on_reports_has_every_outcome_and_every_rendering() -> None:
    text = (DOCS / "reference" / "report.md").read_text(encoding="utf-8")
    assert [o for o in NAMES if f"| {GLYPHS[o]} | {NAMES[o]} (`{o}`) |" not in text] == []
    options = ("--json", "--report", "--html", "--junit-xml", "--badge", "--diff")
    assert [option for option in options if f"`{option}" not in text] == []


def test_the_changelog_names_every_public_function() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    functions = set(losskit.__all__) - {"LosskitError", "__version__"}
    assert [name for name in functions if name not in text] == []


def replayed(*outcomes: tuple[str, str, str, float]) -> Report:
    """A report of replays: loss, graph and runtime, outcome, largest difference."""
    losses = [
        LossReport(
            name=f"graphs/{loss}",
            findings=(
                Finding(
                    claim=f"{place} equals the module",
                    property="ExportsONNX",
                    verdict="holds",
                    outcome=outcome,
                    worst=w,
                ),
            ),
        )
        for loss, place, outcome, w in outcomes
    ]
    return Report(profile="replay", device="cpu", seed=0, versions={}, losses=tuple(losses), seconds=1.0)


def test_the_table_of_runtimes_names_what_gave_other_numbers() -> None:
    specs = [registry.get(name) for name in ("comp_sum", "hinge", "mse")]
    report = replayed(
        ("comp_sum", "model.onnx in onnxruntime 1.31", "held", 0.25),
        ("comp_sum", "model.ts.pt in libtorch 2.13", "held", 0.0),
        ("hinge", "model.onnx in onnxruntime 1.31", "refuted", 40.0),
        ("comp_sum--other", "model.onnx in onnxruntime 1.31", "held", 0.5),
    )
    lines = runtimes.page(specs, report).splitlines()
    assert "| loss | onnxruntime 1.31 | libtorch 2.13 |" in lines
    assert "| [comp_sum](losses/comp_sum.md) | 0.25 | 0 |" in lines
    assert "| [hinge](losses/hinge.md) | **other numbers** | – |" in lines
    assert "| [mse](losses/mse.md) | – | – |" in lines
    assert "| [comp_sum](losses/comp_sum.md) `tau=0.0` | 0.5 | – |" in lines
    assert runtimes.NOTHING in runtimes.page(specs, None)


def test_the_page_of_graphs_has_a_row_a_loss() -> None:
    taken = census.read(ROOT / census.FILE)
    text = graphs.page(taken)
    rows = {name: re.findall(rf"^\| \[{name}\].*$", text, re.MULTILINE) for name in taken.losses}
    for name, found in rows.items():
        (row,) = found
        counts = (taken.losses[name].value, taken.losses[name].value_and_gradient)
        assert row.count("|") == 8
        assert all(f"| {count.nodes} | {count.bytes:,} | `{count.sha256[:12]}` |" in row for count in counts)
    assert "[nc1_variability](losses/nc1_variability.md) at variant=" in text
