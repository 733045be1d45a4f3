"""What a user installs: the wheel built from the sdist, with links in src/ and without, used away from the source tree."""

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from importlib.metadata import requires
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("spec", "registry", "plugins", "export", "conformance", "cli")
ROOT_FILES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "MANIFEST.in", "CHANGELOG.md", "constraints.txt")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info")


def run(*command: str | Path, **options: object) -> str:
    """Standard output of a command that must succeed; what it said otherwise is in the failure."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    return str(done.stdout)


def copy_tree(to: Path, links: bool) -> Path:
    """A copy of what the distribution is built from; without links, as a zip of the repository leaves it."""
    shutil.copytree(ROOT / "src", to / "src", symlinks=True, ignore=LEFT_OUT)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, to / name, ignore=LEFT_OUT)
        link = to / "src" / "losskit" / name
        if not links:
            target = os.readlink(link)
            link.unlink()
            link.write_text(target)  # what git checks out where it may not make links
    for name in ROOT_FILES:
        shutil.copy(ROOT / name, to)
    return to


class Built(NamedTuple):
    """A source tree and what was built from it."""

    tree: Path
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module", params=[True, False], ids=["links", "no links"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """An sdist of a copied tree, and the wheel built from that sdist."""
    tree = copy_tree(tmp_path_factory.mktemp("tree"), links=request.param)
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, tree, cwd=folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(tree, wheel, sdist)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs Python with the installed wheel, from a folder that holds nothing else."""
    target, away = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("away")
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, built.wheel)
    environment = {**os.environ, "PYTHONPATH": str(target), "NO_COLOR": "1"}
    return lambda *arguments: run(sys.executable, *arguments, cwd=away, env=environment)


def sources(tree: Path) -> set[str]:
    """Every file of the package, by its place in the wheel."""
    own = {path.name for path in (tree / "src" / "losskit").iterdir() if path.is_file()} - {*FOLDERS}
    deeper = (path for folder in FOLDERS for path in (tree / folder).rglob("*") if path.is_file())
    return {f"losskit/{name}" for name in own | {path.relative_to(tree).as_posix() for path in deeper}}


@pytest.mark.slow
def test_the_wheel_holds_the_folders_and_nothing_else(built: Built) -> None:
    inside = {name for name in ZipFile(built.wheel).namelist() if ".dist-info/" not in name}
    assert inside == sources(built.tree)


@pytest.mark.slow
def test_the_sdist_holds_what_the_wheel_needs(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        members = archive.getmembers()
    assert not [member.name for member in members if member.issym() or member.islnk()]
    names = {member.name.partition("/")[2] for member in members}
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py", "constraints.txt"} <= names
    assert not [name for name in names if name.startswith(("tests", "docs"))]


@pytest.mark.slow
def test_the_wheel_carries_its_licence_and_readme(built: Built) -> None:
    with ZipFile(built.wheel) as archive:
        metadata = archive.read(next(n for n in archive.namelist() if n.endswith("/METADATA"))).decode()
        assert any(name.endswith("/licenses/LICENSE") for name in archive.namelist())
    assert "License-Expression: Apache-2.0" in metadata
    assert (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[0] in metadata


@pytest.mark.slow
def test_the_wheel_works_away_from_the_source_tree(installed: Callable[..., str]) -> None:
    code = (
        "import losskit, torch\n"
        "loss = losskit.create('comp_sum', tau=1.5)\n"
        "print(losskit.__file__, round(loss(torch.zeros(1, 2), torch.tensor([0])).item(), 6))"
    )
    place, value = installed("-c", code).split()
    assert not Path(place).is_relative_to(ROOT)
    assert float(value) == pytest.approx((1 - 0.5**0.5) / 0.5, abs=1e-6)


@pytest.mark.slow
def test_the_wheel_lists_its_losses_and_describes_one(installed: Callable[..., str]) -> None:
    code = "import losskit; print(*losskit.names())"
    builtin = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/*/loss.py"))
    assert set(builtin) <= set(installed("-c", code).split())
    assert "comp_sum" in installed("-m", "losskit", "list")
    assert "Mao" in installed("-m", "losskit", "describe", "comp_sum")


@pytest.mark.slow
def test_the_citations_are_installed(installed: Callable[..., str]) -> None:
    code = "from losskit.spec import Reference; print(Reference(key='mao2023cross').field('year'))"
    assert installed("-c", code).strip() == "2023"


EXTRAS = ("", "verify", "dask", "ray", "stacks", "peers", "dev", "docs")


def test_the_constraints_pin_what_the_extras_need() -> None:
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert version, f"{line} pins no version"
            assert "+" not in version, f"{line} pins a local build"
            pinned[canonicalize_name(name)] = version
    assert next(iter(pinned)) == "torch"
    for requirement in map(Requirement, requires("losskit") or []):
        extra = requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in EXTRAS)
        if extra and requirement.name != "losskit":
            assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_every_task_is_under_the_import_contracts() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for task in {path.parents[1].name for path in (ROOT / "plugins").glob("*/*/loss.py")}:
        assert f'"losskit.plugins.{task}",' in text
        assert f'"losskit.plugins.{task}.*",' in text
