"""What the hooks of an extension return: names with the places of the code behind them, which is imported when it is used."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from losskit.spec.errors import SpecError

_WORD = re.compile(r"[a-z][a-z0-9_-]*")
_KIND = re.compile(r"[A-Z][A-Za-z0-9]*")
_PLACE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_RESERVED = "all"  # on the command line it stands for every runtime, and for every target


@dataclass(frozen=True)
class _Named:
    """A feature with a name of its own.

    Attributes:
        name: as users write it: small letters, digits, ``-`` and ``_``.
        title: what it is, in a few words.
    """

    name: str
    title: str

    def __post_init__(self) -> None:
        what = type(self).__name__
        if not isinstance(self.name, str) or not _WORD.fullmatch(self.name) or self.name == _RESERVED:
            raise SpecError(
                f"{what} has the name {self.name!r}, expected small letters, digits, - and _, and not {_RESERVED!r}"
            )
        if not isinstance(self.title, str) or not self.title.strip():
            raise SpecError(f"{what} {self.name} has no title, expected a few words on what it is")
        _check_places(self, self.name, _PLACES_OF[what])


@dataclass(frozen=True)
class PropertyKind:
    """A word of the property vocabulary, and what tries to refute a claim of it.

    Attributes:
        place: of the class, a :class:`losskit.spec.Property`; its name is the kind's.
        law: of a :class:`losskit.conformance.laws.Law`, or of a function from a claim to several laws.
        law_of_failure: the same for a claim that the property fails; ``law`` serves both where it is left out.
        check: in place of laws, of a function from a claim and a search to a result.
    """

    place: str
    law: str = ""
    law_of_failure: str = ""
    check: str = ""

    def __post_init__(self) -> None:
        _check_places(self, str(self.place), ("place",))
        if not _KIND.fullmatch(self.name):
            raise SpecError(f"PropertyKind {self.place} names the class {self.name}, expected a name in CapWords")
        if bool(self.law) == bool(self.check) or (self.law_of_failure and not self.law):
            raise SpecError(
                f"PropertyKind {self.name} needs either a law or a check, and a law of failure beside a law"
            )
        _check_places(self, self.name, ())

    @property
    def name(self) -> str:
        """Name of the class."""
        return self.place.rpartition(":")[2]


@dataclass(frozen=True)
class ExportTarget(_Named):
    """Something ``losskit export`` writes.

    Attributes:
        file: the main file it writes.
        write: place of a function from a :class:`losskit.export.targets.Order` to what it has
            :class:`losskit.export.targets.Written`.
        check: place of what makes a runtime for the main file, as a :class:`GraphRuntime` names it: the file is then
            compared with the loss before anything is written. Where it is left out nothing is compared, and the
            manifest says so.
        gradient: whether running the main file gives gradients beside the value.
        program: whether loading the main file runs what it holds.
    """

    file: str
    write: str
    check: str = ""
    gradient: bool = False
    program: bool = False


@dataclass(frozen=True)
class GraphRuntime(_Named):
    """Something that runs what ``losskit export`` writes.

    Attributes:
        runs: the export target whose files it takes: ``onnx``, ``torchscript``, ``pt2``, or one of an extension.
        make: place of a function from the axes of the inputs and a device to a
            :class:`losskit.export.runtimes.Runtime`.
        advice: place of a function that says what is missing and what to do about it, and nothing where it is ready.
        install: place of a function that gets what is missing, where that is possible within the user's own folders.
    """

    runs: str
    make: str
    advice: str = ""
    install: str = ""


@dataclass(frozen=True)
class ReportFormat(_Named):
    """A form in which ``losskit verify`` writes its report.

    Attributes:
        render: place of a function from a :class:`losskit.conformance.report.Report` to text.
    """

    render: str


@dataclass(frozen=True)
class Command(_Named):
    """A command of ``losskit``.

    Attributes:
        app: place of a ``typer.Typer`` with one command, or with several, which then are commands of that command.
    """

    app: str


_PLACES_OF: dict[str, tuple[str, ...]] = {  # those that may not be left out
    "ExportTarget": ("write",),
    "GraphRuntime": ("make",),
    "ReportFormat": ("render",),
    "Command": ("app",),
}
_ANY_PLACE = ("place", "law", "law_of_failure", "check", "write", "make", "advice", "install", "render", "app")
Record = PropertyKind | ExportTarget | GraphRuntime | ReportFormat | Command


def places(record: Record) -> tuple[str, ...]:
    """The places that a record names."""
    names = (field.name for field in fields(record) if field.name in _ANY_PLACE)
    return tuple(getattr(record, name) for name in names if getattr(record, name))


def _check_places(record: object, name: str, needed: tuple[str, ...]) -> None:
    for field in fields(record):  # type: ignore[arg-type]
        given = getattr(record, field.name)
        wanted = field.name in needed or (field.name in _ANY_PLACE and given != "")
        if wanted and (not isinstance(given, str) or not _PLACE.fullmatch(given)):
            what = type(record).__name__
            raise SpecError(f"{what} {name}: {field.name} is {given!r}, expected a place such as 'package.module:name'")
