"""The example package, seen as losskit sees what outsiders install: by its metadata."""

from __future__ import annotations

import importlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from losskit import registry
from losskit.conformance import verify

PACKAGE = Path(__file__).resolve().parents[2] / "examples" / "losskit-example"
PROJECT = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
POINTS = PROJECT["entry-points"]["losskit.losses"]
KINDS = ("MatchesReference", "WorkedExamples", "RejectsBadInput", "Homogeneous", "LabelSymmetric")


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    info = tmp_path / f"losskit_example-{PROJECT['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {PROJECT['name']}\nVersion: {PROJECT['version']}\n")
    lines = [f"{name} = {module}" for name, module in POINTS.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{registry.GROUP}]", *lines]))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(PACKAGE))
    importlib.invalidate_caches()
    registry.forget()
    yield
    for name in [name for name in sys.modules if name.startswith("robust_losses")]:
        del sys.modules[name]
    monkeypatch.undo()
    registry.forget()


def test_its_losses_are_listed_with_its_own_version() -> None:
    assert {*POINTS} == {"lorentzian", "squentropy"}
    for name in POINTS:
        (provider,) = registry.providers()[name]
        assert (provider.distribution, provider.version) == ("losskit-example", PROJECT["version"])
        assert not provider.builtin


@pytest.mark.parametrize("name", sorted(POINTS))
def test_it_claims_what_holds_and_what_fails_with_sources(name: str) -> None:
    spec = registry.get(name)
    assert {claim.verdict for claim in spec.claims} == {"holds", "fails"}
    assert all(claim.source for claim in spec.claims)
    assert [reference.file for reference in spec.references] == ["robust_losses:papers.bib"]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(POINTS))
def test_its_claims_stand(name: str) -> None:
    report = verify(registry.get(name), only=KINDS, device="cpu", jobs=1)
    fallen = [f"{finding.claim}: {finding.reason}" for finding in report.losses[0].findings if not finding.stood]
    assert fallen == []
    assert len(report.losses[0].findings) >= 4


def test_no_loss_of_it_is_built_in() -> None:
    assert not {*POINTS} & {*registry.builtin()}
