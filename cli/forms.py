"""The forms a report is written in: found before a run, so that a wrong word costs nothing, and written after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from losskit.cli import output
from losskit.cli.extensions import check_name
from losskit.registry import extensions
from losskit.registry.extensions import FORMATS, Offer
from losskit.spec import ReportFormat
from losskit.spec.errors import LosskitError

if TYPE_CHECKING:
    from losskit.conformance.report import Report


@dataclass(frozen=True)
class Form:
    """A form of the report and the file that it goes to."""

    offer: Offer[ReportFormat]
    place: Path

    def render(self, report: Report) -> str:
        """The text of the file.

        Raises:
            PluginError: the code of the form cannot be imported.
        """
        from losskit.registry import resolve

        text: str = resolve(f"report format {self.offer.record.name}", self.offer.record.render)(report)
        return text


def chosen_forms(own: Sequence[tuple[str, Path]], given: Sequence[str]) -> list[Form]:
    """The forms that options ask for.

    Args:
        own: names and files of those that have an option of their own.
        given: what ``--format`` was given, as ``NAME=FILE``.

    Raises:
        BadParameter: no form has this name, or its file cannot be written.
        PluginError: two extensions offer it.
    """
    wanted = [*own, *(_parted(text) for text in given)]
    forms = []
    for name, place in wanted:
        check_name(FORMATS, name)
        offer = extensions.get(FORMATS, name)
        assert offer is not None
        if place.is_dir() or any(parent.is_file() for parent in place.parents):
            raise typer.BadParameter(f"{place} is no place for a file")
        forms.append(Form(offer, place))
    return forms


def write_forms(report: Report, forms: Sequence[Form]) -> list[str]:
    """Write every form, and say which files cannot be written and which forms of extensions failed.

    What a run has found is shown all the same, and goes into the other files.
    """
    from losskit.conformance.report import write

    failures = []
    for form in forms:
        try:
            with output.aside():
                text = form.render(report)
            if not isinstance(text, str):
                raise TypeError(f"it gives {type(text).__name__}, expected text")
        except Exception as error:
            if form.offer.provider.builtin:
                raise
            first = (str(error).strip().splitlines() or ["no message"])[0]
            cause = first if isinstance(error, LosskitError) else f"{type(error).__name__}: {first}"
            failures.append(f"the report format {form.offer.record.name} of {form.offer.provider} fails: {cause}")
            continue
        try:
            write(form.place, text)
        except OSError as error:
            failures.append(f"{form.place} cannot be written: {error.strerror or error}")
    return failures


def _parted(text: str) -> tuple[str, Path]:
    name, _, file = text.partition("=")
    if not name or not file:
        raise typer.BadParameter(f"--format takes a name and a file such as html=report.html, found {text!r}")
    return name, Path(file)
