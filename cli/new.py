"""`losskit new`: a package for a loss of one's own, which verifies as it is."""

from __future__ import annotations

import getpass
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from losskit.cli import output
from losskit.cli.examples import epilog
from losskit.cli.page import Block, Code, Heading, Paragraph

if TYPE_CHECKING:
    from collections.abc import Callable

    from losskit.cli.scaffold.order import Order
    from losskit.cli.scaffold.writing import Written

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog=epilog("new"))
def new(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The new loss: lower-case words joined by underscores.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(metavar="TASK", help="What it is for: classification, regression and so on.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="LOSS", help="A registered loss to start from, with its claims.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where it goes; by default ./losskit-NAME.")
    ] = None,
    author: Annotated[str | None, typer.Option(metavar="NAME", help="By default the one git knows.")] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="By default the name in words.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write a package for a new loss: spec, module, oracle, tests, card and CI.

    It verifies as it is, with an example formula to replace or with the loss named by --from. Without a name, on a
    terminal, everything is asked for. Nothing is overwritten.
    """
    from losskit.cli.scaffold.writing import check_folder, write

    with output.aside():
        if name is None:
            if as_json or not _somebody_is_there():
                raise typer.BadParameter("nobody is there to be asked; give NAME and --task TASK or --from LOSS")
            order, folder = _ask(task, start, to, author, title)
        else:
            order = _order(name, task, start, author, title)
            folder = check_folder(to or Path(order.distribution))
        written = write(order, folder)
    if as_json:
        output.show_json(package=_data(order, written))
    else:
        output.show(_page(order, written))


def _somebody_is_there() -> bool:
    """Whether questions reach a person and answers come back."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _order(name: str, task: str | None, start: str | None, author: str | None, title: str | None) -> Order:
    from losskit.cli.scaffold import order as rules

    rules.check_name(name)
    return rules.Order(
        name=name,
        task=_task(task, start),
        title=rules.check_title(rules.title_of(name) if title is None else title),
        author=rules.check_author(_somebody() if author is None else author),
        start=start or "",
    )


def _task(task: str | None, start: str | None) -> str:
    """The task that was asked for, which is that of the loss to start from."""
    from losskit.cli.scaffold.order import TASKS, check_task
    from losskit.registry import get

    wanted = None if task is None else check_task(task)
    if start is None:
        if wanted is None:
            raise typer.BadParameter(f"give --task, one of {', '.join(TASKS)}, or --from LOSS")
        return wanted
    found = get(start).task
    if wanted not in (None, found):
        raise typer.BadParameter(f"{start} is a loss for {found}, found --task {wanted}; leave out one of the two")
    return found


def _ask(
    task: str | None, start: str | None, to: Path | None, author: str | None, title: str | None
) -> tuple[Order, Path]:
    """Ask for what was not given; each answer is checked at once and asked for again if it will not do."""
    from losskit.cli.scaffold import order as rules
    from losskit.cli.scaffold.writing import check_folder

    fixed = _task(task, start) if task or start else None
    typer.echo("A package for a new loss. Enter takes what stands in brackets; Ctrl-C writes nothing.", err=True)
    name = _prompt("Name of the loss", "my_loss", rules.check_name)
    if fixed is None:
        typer.echo(f"Tasks: {', '.join(rules.TASKS)}", err=True)
        fixed = _prompt("Task", "classification", rules.check_task)
    made = rules.Order(
        name=name,
        task=fixed,
        title=rules.check_title(title) if title else _prompt("Title", rules.title_of(name), rules.check_title),
        author=rules.check_author(author) if author else _prompt("Author", _somebody(), rules.check_author),
        start=start or "",
    )
    if to is not None:
        return made, check_folder(to)
    return made, Path(_prompt("Folder", made.distribution, lambda given: str(check_folder(Path(given)))))


def _prompt(question: str, default: str, check: Callable[[str], str]) -> str:
    from losskit.spec.errors import LosskitError

    def checked(given: str) -> str:
        try:
            return check(given.strip())
        except LosskitError as error:
            raise typer.BadParameter(str(error)) from error

    answer: str = typer.prompt(question, default=default, value_proc=checked, err=True)
    return answer


def _somebody() -> str:
    """The author git knows, or who is logged in."""
    try:
        done = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, check=False, timeout=10)
        found = done.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        found = ""
    if found:
        return found
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user: in a container, say
        return "unknown"


def _commands(order: Order, written: Written) -> list[str]:
    import shlex

    return [
        f"cd {shlex.quote(str(written.folder))}",
        'pip install -e ".[dev]"',
        f"losskit verify {order.name}",
        "pytest",
    ]


def _data(order: Order, written: Written) -> dict[str, Any]:
    return {
        "name": order.name,
        "task": order.task,
        "title": order.title,
        "from": order.start or None,
        "distribution": order.distribution,
        "package": order.package,
        "folder": str(written.folder.absolute()),
        "files": list(written.files),
        "claims": len(written.spec.claims),
        "next": _commands(order, written),
    }


def _page(order: Order, written: Written) -> list[Block]:
    origin = f"started from {order.start}" if order.start else "with an example formula to replace"
    own = f"{written.folder}/src/{order.package}"
    return [
        Heading(f"{order.title}: {order.distribution} in {written.folder}, {origin}"),
        Code("\n".join(written.files)),
        Paragraph("It verifies as it is:"),
        Code("\n".join(_commands(order, written))),
        Paragraph(
            f"Then put your formula into {own}/loss.py and reference.py, what is true of it into {own}/__init__.py, and "
            "your paper into references.bib."
        ),
    ]
