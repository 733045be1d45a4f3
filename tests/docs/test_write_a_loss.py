"""The page on writing a loss, walked from its first command to the claims that stand, with the text that it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.blocks import blocks

PAGE = "docs/how-to/write-a-loss.md"
TEXTS = [block.text for block in blocks(PAGE) if block.language == "text"]
VALUE, ORACLE, CLAIMS, EXAMPLES, REFERENCE = TEXTS
RUN = "from losskit.cli import main; main()"
WENT = ("WorkedExamples", "UpperBounds", "ClassificationCalibrated", "ReducesTo")  # fall with the new formula
KINDS = ("MatchesReference", "WorkedExamples", "UpperBounds", "ClassificationCalibrated", "LabelSymmetric")
pytestmark = pytest.mark.slow


class Package:
    """What `losskit new` wrote, found as an installed distribution is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "losskit-margin-hinge"
        self.run(folder, "new", "margin_hinge", "--task", "binary")
        metadata = self.folder / "src" / "losskit_margin_hinge-0.1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: losskit-margin-hinge\nVersion: 0.1.0\n")
        (metadata / "entry_points.txt").write_text("[losskit.losses]\nmargin_hinge = losskit_margin_hinge\n")

    def run(self, place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join(filter(None, (str(self.folder / "src"), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(
            [sys.executable, "-c", RUN, *arguments], cwd=place, env=environment, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip

    def fallen(self, *kinds: str) -> set[str]:
        """The properties of which a claim fell."""
        only = [word for kind in kinds for word in ("--only", kind)]
        done = self.run(self.folder, "verify", "margin_hinge", "--engine", "here", "--json", *only)
        assert done.returncode in (0, 1), done.stderr
        (loss,) = json.loads(done.stdout)["losses"]
        assert {finding["property"] for finding in loss["findings"]} >= {*kinds} - {"ReducesTo"}
        return {f["property"] for f in loss["findings"] if f["outcome"] not in ("held", "confirmed", "not_applicable")}

    def edit(self, file: str, *edits: tuple[str, str]) -> None:
        """Replace what patterns find in a file of the package, each exactly once."""
        path = self.folder / "src" / "losskit_margin_hinge" / file
        text = path.read_text(encoding="utf-8")
        for pattern, new in edits:
            text, count = re.subn(pattern, new.replace("\\", r"\\"), text, flags=re.DOTALL)
            assert count == 1, f"{file}: {pattern}"
        path.write_text(text, encoding="utf-8")


def test_the_page_leads_to_a_loss_whose_claims_stand(tmp_path: Path) -> None:
    package = Package(tmp_path)
    assert package.fallen(*KINDS) == set()
    package.edit(
        "loss.py",
        (r"    def value\(.*", VALUE),
        (r"from losskit\.plugins\.ops\.softplus import softplus\n", ""),
        (r"from losskit\.plugins\.base", "import torch\nfrom losskit.plugins.base"),
    )
    package.edit("reference.py", (r"    values = np\.zeros.*", ORACLE))
    assert package.fallen("MatchesReference") == set()
    assert package.fallen(*KINDS, "ReducesTo") == {*WENT}
    package.edit(
        "__init__.py",
        (r"        UpperBounds\(.*source=\"no margin\"\),\n", CLAIMS),
        (r"    examples=\(\n.*?\n    \),\n", EXAMPLES),
        (r"Field\(0\.0, ge=0", "Field(1.0, gt=0"),
        (r"import softplus, symbol", "import sqrt, symbol"),
        (r"    ReducesTo,\n", ""),
    )
    assert package.fallen(*KINDS) == set()


def test_a_reference_of_the_package_is_found_and_printed(tmp_path: Path) -> None:
    package = Package(tmp_path)
    (bib,) = package.folder.rglob("references.bib")
    with bib.open("a", encoding="utf-8") as file:
        file.write("\n@article{lovelace1843notes, author={Ada Lovelace}, title={Notes}, year=1843}\n")
    package.edit("__init__.py", (r"    references=\([^\n]*\n", REFERENCE))
    assert "lovelace1843notes" in package.run(package.folder, "describe", "margin_hinge", "--bibtex").stdout
