"""`losskit verify`: try to refute every claim of losses, and every graph of artifact folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from losskit.cli import output
from losskit.cli.completing import losses
from losskit.cli.examples import epilog
from losskit.cli.failures import INTERRUPTED, NOT_RUN, STOOD
from losskit.cli.forms import chosen_forms, write_forms
from losskit.cli.page import Block, Code, Grid, Paragraph
from losskit.cli.progress import progress
from losskit.cli.runtimes import DEFAULT, check_runtimes, complete_runtimes, known_runtimes, replay, warn_of_programs
from losskit.cli.searching import (
    Device,
    DeviceOption,
    Engine,
    EngineOption,
    JobsOption,
    OnlyOption,
    Profile,
    ProfileOption,
    SeedOption,
    TimeoutOption,
    import_place,
    kinds_of,
    terminable,
)
from losskit.registry.extensions import FORMATS, own

if TYPE_CHECKING:
    from losskit.cli.progress import Callback
    from losskit.conformance.report import LossReport, Report

app = typer.Typer(rich_markup_mode=None, add_completion=False)
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Search:
    """How claims are attacked."""

    profile: str
    device: str
    seed: int
    jobs: int | None
    kinds: tuple[str, ...]
    engine: str
    timeout: float | None
    journal: Path | None
    resume: bool


@app.command(epilog=epilog("verify"))
def verify(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            autocompletion=losses,
            metavar="NAME|FOLDER|MODULE:SPEC",
            help="Losses, folders written by 'losskit export', or a spec (or several) in a module that is found from "
            "here, which is imported: that runs its code. All built-in losses if none.",
        ),
    ] = None,
    profile: ProfileOption = Profile.QUICK,
    device: DeviceOption = Device.AUTO,
    jobs: JobsOption = None,
    seed: SeedOption = 0,
    only: OnlyOption = None,
    runtime: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            callback=check_runtimes,
            autocompletion=complete_runtimes,
            help=f"Where to replay the files of folders; may be given again, or a,b. One of {known_runtimes()}; ort if left out.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit-xml", "--junit", metavar="FILE", help="Write the report as JUnit XML.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as an HTML page.")] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the report as JSON, and while running a journal beside it."),
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Go on with a run that was to write this report and was cut off."),
    ] = None,
    timeout: TimeoutOption = None,
    engine: EngineOption = Engine.LOCAL,
    badge: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the number of claims as an SVG badge.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME=FILE",
            help=f"Write the report in a form: {', '.join(own(FORMATS))}, or one of an extension; may be given again.",
        ),
    ] = None,
    diff: Annotated[
        Path | None, typer.Option(metavar="OLD.json", help="Show what changed against an earlier JSON report.")
    ] = None,
) -> None:
    """Try to refute what losses and graphs claim.

    Every claim of a loss is searched for counterexamples; every graph of a folder is compared with its loss.

    The exit status is 0 if all claims stand, 1 if a claim fell, 2 if the command was wrong, 3 if something
    could not be run and 130 if the run was interrupted; what it had found by then is shown and written all the same.
    """
    names, folders, broken = _sorted(subjects or [])
    kinds = kinds_of(only or [])
    runtimes = tuple(runtime or [DEFAULT])
    if folders:
        warn_of_programs(runtimes)
    run_of, report = resume or report, report or resume
    places = (("junit", junit), ("html", html), ("json", report), ("badge", badge))
    pages = chosen_forms([(name, place) for name, place in places if place is not None], formats or [])
    earlier = _earlier(diff)
    journal = run_of.with_name(f"{run_of.name}.journal") if run_of else None
    search = Search(profile.value, device.value, seed, jobs, kinds, engine.value, timeout, journal, resume is not None)
    found: list[Report] = []
    with terminable():
        if names or not subjects:
            with output.aside(), progress("verifying", _line) as callback:
                found.append(_losses(names, search, callback))
        if folders:
            place, stopped = ("cuda" if device is Device.CUDA else "cpu"), any(report.interrupted for report in found)
            found.append(replay(folders, runtimes, device=place, seed=seed, stopped=stopped))
    whole = _joined(found, broken)
    failures = write_forms(whole, pages)
    _show(whole, as_json)
    _show_changes(earlier, whole, as_json)
    for failure in failures:
        output.hint(failure)
    if whole.interrupted:
        _say_how_to_go_on("go on", run_of)
        raise typer.Exit(INTERRUPTED)
    if journal and _not_run(found):
        _say_how_to_go_on("try again what could not be run", run_of)
    elif failures:
        _say_how_to_go_on("write what was found once more", run_of)
    elif journal:
        journal.unlink(missing_ok=True)
    raise typer.Exit(max(whole.exit_code, NOT_RUN if failures else STOOD))


def _line(loss: LossReport) -> str:
    from losskit.conformance.report import line

    return line(loss)


def _say_how_to_go_on(what: str, run_of: Path | None) -> None:
    if run_of is not None:
        output.hint(f"{what} with the same command and --resume {run_of}")


def _not_run(reports: list[Report]) -> bool:
    """Whether an attack on a claim ended in an error; one that a later run may find the verdict of."""
    findings = (finding for report in reports for loss in report.losses for finding in loss.findings)
    return any(finding.outcome == "error" for finding in findings)


def _sorted(subjects: list[str]) -> tuple[list[str], list[str], dict[str, str]]:
    """Names of losses, artifact folders, and why which plugins are broken.

    A registered name is a name, a folder called alike is written ``./name``. Plugins of others are tried out in a process
    of their own first, and where something else is left to verify, one that is broken is an error of its own.
    """
    from losskit.registry import get, is_place, providers, tried
    from losskit.spec.errors import PluginError

    names: list[str] = []
    folders: list[str] = []
    with output.aside():
        broken = tried(subjects)
    for subject in subjects:
        if is_place(subject):
            import_place(subject)
            names.append(subject)
        elif subject not in providers() and (Path(subject) / MANIFEST).is_file():
            folders.append(subject)
        elif subject not in providers() and (Path(subject).is_dir() or os.sep in subject):
            raise typer.BadParameter(f"the folder {subject} holds no {MANIFEST}, so 'losskit export' did not write it")
        elif subject not in broken:
            try:
                with output.aside():
                    get(subject)
                names.append(subject)
            except PluginError as error:
                broken[subject] = str(error)
    if broken and not names and not folders:
        raise PluginError("; ".join(broken.values()))
    return names, folders, broken


def _earlier(place: Path | None) -> Report | None:
    """The earlier report, read before the run, so that a wrong file costs nothing."""
    if place is None:
        return None
    from losskit.conformance.report import from_json
    from losskit.spec.errors import ArtifactError

    try:
        return from_json(place.read_text(encoding="utf-8"))
    except (OSError, UnicodeError) as error:
        raise typer.BadParameter(f"{place} cannot be read: {error}") from error
    except ArtifactError as error:
        raise typer.BadParameter(f"{place}: {error}") from error


def _losses(names: list[str], search: Search, callback: Callback) -> Report:
    from losskit.conformance import verify as run
    from losskit.conformance.run.collection import Interrupted

    try:
        return run(
            *names,
            profile=search.profile,
            device=search.device,
            jobs=search.jobs,
            seed=search.seed,
            only=search.kinds,
            progress=callback,
            engine=search.engine,
            timeout=search.timeout,
            journal=search.journal,
            resume=search.resume,
        )
    except Interrupted as stop:
        return stop.report


def _joined(reports: list[Report], broken: dict[str, str]) -> Report:
    from losskit.conformance.engine import unloadable

    unloaded = tuple(unloadable(name, reason) for name, reason in broken.items())
    losses = tuple(loss for report in reports for loss in report.losses) + unloaded
    return reports[0].model_copy(update={"losses": losses, "seconds": sum(report.seconds for report in reports)})


def _show(report: Report, as_json: bool) -> None:
    from losskit.conformance.report import to_json

    if as_json:
        typer.echo(to_json(report), nl=False)
        return
    if output.on_terminal():
        from rich.console import Console

        from losskit.conformance.report import to_table

        Console(highlight=False).print(to_table(report))
        output.show(_verdicts(report))
    else:
        from losskit.conformance.report.as_table import COLUMNS, rows

        grid = Grid(COLUMNS, tuple(rows(report)), right=frozenset(COLUMNS[1:]))
        output.show([grid, *_verdicts(report)])


def _verdicts(report: Report) -> list[Block]:
    from losskit.conformance.report import block, conclusion, left_out

    blocks: list[Block] = [
        Code(block(loss.name, finding), margin="")
        for loss in report.losses
        for finding in loss.findings
        if not finding.stood
    ]
    blocks += [Paragraph(line) for line in left_out(report)]
    return [*blocks, Paragraph(conclusion(report))]


def _show_changes(earlier: Report | None, report: Report, as_json: bool) -> None:
    """What changed; beside the answer where that is JSON."""
    if earlier is None:
        return
    from losskit.conformance.report import changes_in_words, compare

    typer.echo("\n" + changes_in_words(compare(earlier, report)), err=as_json)
