"""Extensions on the command line: broken ones are a line and nothing more."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Elsewhere

Invoke = Callable[..., Any]
GROUP = "losskit.extensions"
TRACE = "import pathlib\npathlib.Path('imported').touch()\nprint('loud')\n"
COMMAND = """
from losskit.spec import Command, hookimpl

@hookimpl
def losskit_commands():
    return [Command("greet", "greet somebody", app={app!r})]
"""


@pytest.fixture
def broken(elsewhere: Elsewhere) -> Elsewhere:
    """An extension that fails when it is imported, and leaves a trace."""
    elsewhere.install("broken-things", {"broken": "broken"}, {"broken": TRACE + "raise RuntimeError('no luck')"}, GROUP)
    return elsewhere


def test_a_listing_and_a_description_run_no_extension(broken: Elsewhere) -> None:
    for arguments in (("list", "--holds", "Convex"), ("describe", "mse"), ("verify", "-h")):
        run = broken.run(*arguments)
        assert (run.returncode, run.stderr) == (0, "")
    assert not (broken.folder / "imported").exists()


def test_a_broken_extension_is_one_line_of_the_help(broken: Elsewhere) -> None:
    run = broken.run("-h")
    assert run.returncode == 0
    assert "  doctor " in run.stdout
    assert "loud" not in run.stdout
    lines = [line for line in run.stderr.splitlines() if line != "loud"]
    assert lines == [
        "losskit: the plugin of broken from broken-things 1.0 (broken) fails: RuntimeError: no luck (an extension is left "
        "out; see: losskit doctor)"
    ]
    assert broken.run("--plugins", "builtin", "-h").stderr == ""


def test_a_broken_extension_is_explained_by_the_doctor(broken: Elsewhere) -> None:
    broken.install("kind-things", {"kind": "kind"}, {"kind": COMMAND.format(app="nowhere:app")}, GROUP)
    run = broken.run("doctor", "--json")
    assert run.returncode == 3
    found = {extension["name"]: extension for extension in json.loads(run.stdout)["extensions"]}
    assert [name for name, extension in found.items() if extension["state"] == "ok"] == ["cli", "conformance", "export"]
    assert found["broken"]["cause"].endswith("RuntimeError: no luck")
    assert found["broken"]["cure"] == "pip install --upgrade broken-things; or pip uninstall broken-things"
    assert "nowhere:app cannot be imported" in found["kind"]["cause"]
    assert found["kind"]["offers"] == {"command": ["greet"]}


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import os; os._exit(0)", "its import ends the process with exit status 0"),
        ("import ctypes; ctypes.string_at(0)", "its import crashes the process (SIGSEGV, Segmentation fault)"),
        ("import time; time.sleep(100)", "its import takes longer than 1 s"),
    ],
)
def test_an_extension_that_takes_the_process_along_is_left_out(elsewhere: Elsewhere, source: str, cause: str) -> None:
    elsewhere.install("deadly-things", {"deadly": "deadly"}, {"deadly": source}, GROUP)
    run = elsewhere.run("doctor", "--json", "--timeout", "1")
    assert run.returncode == 3
    (found,) = (one for one in json.loads(run.stdout)["extensions"] if one["name"] == "deadly")
    assert (found["state"], found["offers"]) == ("broken", {})
    assert found["cause"] == f"the plugin of deadly from deadly-things 1.0 (deadly) fails: {cause}"
    if "longer" not in cause:  # else the help waits as long as losses are waited for
        told = elsewhere.run("-h")
        assert told.returncode == 0
        assert "  doctor " in told.stdout
        assert cause in told.stderr


@pytest.mark.parametrize(
    ("app", "cause"),
    [
        ("nowhere:app", "fails: ModuleNotFoundError: No module named 'nowhere'"),
        ("greeting:missing", "fails: AttributeError: module 'greeting' has no attribute 'missing'"),
        ("greeting:losskit_commands", "is of type function, expected a typer.Typer"),
    ],
)
def test_a_command_that_cannot_be_loaded_says_so_when_it_is_called(elsewhere: Elsewhere, app: str, cause: str) -> None:
    elsewhere.install("greetings", {"greeting": "greeting"}, {"greeting": COMMAND.format(app=app)}, GROUP)
    run = elsewhere.run("greet", "me", "--loudly")
    assert run.returncode == 3
    assert "losskit: the command greet of greetings 1.0 (greeting) " in run.stderr
    assert cause in run.stderr
    assert "Traceback" not in run.stderr


def test_a_distribution_with_extensions_alone_can_be_selected(elsewhere: Elsewhere) -> None:
    source = COMMAND.format(app="greeting:app") + (
        "\nimport typer\napp = typer.Typer(add_completion=False)\n@app.command()\ndef greet(): print('hello')\n"
    )
    elsewhere.install("greetings", {"greeting": "greeting"}, {"greeting": source}, GROUP)
    assert elsewhere.run("--plugins", "greetings", "greet").stdout == "hello\n"
    assert "No such command 'greet'" in elsewhere.run("--plugins", "builtin", "greet").stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "mse", "--runtime", "ort,nod"), "there is no runtime 'nod'; did you mean node?"),
        (("verify", "mse", "--format", "htm=x.html"), "there is no report format 'htm'; did you mean html?"),
        (
            ("verify", "mse", "--format", "html"),
            "--format takes a name and a file such as html=report.html, found 'html'",
        ),
        (("verify", "mse", "--format", "html=."), ". is no place for a file"),
        (("export", "mse", "--to", "onx"), "there is no export target 'onx'; did you mean onnx?"),
        (("export", "mse", "--verify-with", "ot"), "there is no runtime 'ot'; did you mean ort"),
        (("doctor", "--install", "libtorhc"), "there is no runtime 'libtorhc'; did you mean libtorch"),
        (("verfy",), "Did you mean 'verify'?"),
    ],
)
def test_a_wrong_name_has_status_2_and_the_nearest_names(invoke: Invoke, arguments: tuple[str, ...], said: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


FORMAT = """
from losskit.spec import ReportFormat, hookimpl

@hookimpl
def losskit_report_formats():
    return [ReportFormat(name, "for a test", render=f"odd:{name}") for name in ("fails", "counts")]

def fails(report):
    raise KeyError("lost")

def counts(report):
    return len(report.losses)
"""


def test_a_form_that_fails_costs_no_findings(elsewhere: Elsewhere) -> None:
    elsewhere.install("odd-forms", {"odd": "odd"}, {"odd": FORMAT}, GROUP)
    forms = [f"--format={name}={name}.txt" for name in ("fails", "counts", "json")]
    run = elsewhere.run("verify", "mse", "--only", "NonNegative", "--engine", "here", *forms)
    assert run.returncode == 3
    assert "All 1 claim of 1 loss stand" in run.stdout
    assert json.loads((elsewhere.folder / "json.txt").read_text())["losses"][0]["name"] == "mse"
    assert "losskit: the report format fails of odd-forms 1.0 (odd) fails: KeyError: 'lost'" in run.stderr
    assert "the report format counts of odd-forms 1.0 (odd) fails: TypeError: it gives int, expected text" in run.stderr
