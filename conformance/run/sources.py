"""The code that findings depend on, as digests: losskit's own, and what surrounds a loss that was written elsewhere."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from losskit.registry import extensions
from losskit.spec import LossSpec
from losskit.spec.extensions import places
from losskit.spec.properties import Property

OWN = "losskit"


class Sources:
    """Digests of Python files; every package is read once, so one object serves one run.

    Args:
        known: packages that need no reading, because what stands beside the digests names their versions.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._digests: dict[str, bytes] = dict.fromkeys(known, b"")

    def own(self) -> str:
        """Of losskit itself: laws, checks, plugins and whatever they use."""
        return self._digest(OWN).hex()

    def of(self, spec: LossSpec) -> str:
        """Of a spec and of the packages that its loss, oracle, parameters and kinds of properties are written in."""
        found = hashlib.sha256(spec.model_dump_json().encode())
        for package in sorted({place.partition(":")[0].partition(".")[0] for place in _places(spec)} - {OWN, ""}):
            found.update(self._digest(package))
        for part in spec.parts:
            found.update(self.of(part.loss).encode())
        return found.hexdigest()

    def _digest(self, package: str) -> bytes:
        if package not in self._digests:
            found = hashlib.sha256()
            with suppress(Exception):  # what cannot be found is the finding of its loss, and no matter of the journal
                for name, path in _files(package):
                    found.update(f"{name}\n".encode())
                    found.update(path.read_bytes())
            self._digests[package] = found.digest()
        return self._digests[package]


def _places(spec: LossSpec) -> Iterator[str]:
    yield from (spec.module, spec.oracle, spec.oracle_gradient, spec.parameters.place, spec.place)
    foreign = {type(claim.property) for claim in spec.claims}
    for kind in (kind for kind in foreign if kind.__module__.partition(".")[0] != OWN):
        yield kind.__module__
        yield from _laws(kind)


def _laws(kind: type[Property]) -> Iterator[str]:
    """Where the laws of a kind of an extension are; none where several extensions offer it, which its claims will say."""
    with suppress(Exception):
        offer = extensions.get(extensions.KINDS, kind.__name__)
        yield from places(offer.record) if offer is not None else ()


def _files(package: str) -> Iterator[tuple[str, Path]]:
    """The Python files of a package with their names in it; of a lone module, those beside it, which it may import."""
    found = find_spec(package)
    if found is None:
        return
    if found.submodule_search_locations is None:
        if found.has_location and found.origin is not None:
            yield from _beside(Path(found.origin).parent, Path(found.origin).parent)
        return
    for location in found.submodule_search_locations:
        root = Path(location)
        yield from _beside(root, root)
        for folder in sorted(entry for entry in root.iterdir() if entry.is_dir()):  # losskit's own may be links
            for inner, folders, _ in os.walk(folder):
                folders.sort()
                yield from _beside(Path(inner), root)


def _beside(folder: Path, root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*.py")):
        yield path.relative_to(root).as_posix(), path
