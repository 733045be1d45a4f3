"""Every way a plugin can be broken, all installed at once: each is explained, and none spoils anything for the others."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from .conftest import PLUGIN, Elsewhere


@dataclass(frozen=True)
class Way:
    """A way to be broken: a loss of this name, and what doctor says of it."""

    name: str
    source: str
    cause: str
    cure: str = "pip install --upgrade {name}-losses; or pip uninstall {name}-losses; or leave it out"
    state: str = "broken"
    entry: str = ""  # where it is not the module


def sound(name: str, before: str = "") -> str:
    return f"{before}\n{PLUGIN.format(name=name)}"


MEDDLING = """
import logging, os, random, sys, threading, time, warnings
sys.path.insert(0, "/nowhere/at/all")
os.environ["LOSSKIT_TEST_VARIABLE"] = "1"
os.chdir("/")
warnings.simplefilter("ignore")
random.seed(1)
sys.setrecursionlimit(1234)
logging.basicConfig()
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
sys.modules["colorsys"] = sys.modules["os"]
"""
FORGED = """
from losskit.spec import LossSpec, hookimpl
class Forged:
    name = "forges"
    __class__ = property(lambda self: LossSpec)
@hookimpl
def losskit_loss(): return Forged()
"""
UNCHECKED = """
from losskit.spec import LossSpec, hookimpl
@hookimpl
def losskit_loss(): return LossSpec.model_construct(name="unchecked")
"""
WARNING = "tell its author, or leave it out"
WAYS = (
    Way("raises", "raise RuntimeError('out of order\\x1b[2J\\nmore')", r"^RuntimeError: out of order.\[2J$"),
    Way("forbids", "def f(:", r"^SyntaxError: "),
    Way("lacks", "import losskit_lacking.part", "No module named 'losskit_lacking'", "pip install losskit-lacking (or"),
    Way("lacks_itself", "import lacks_itself_plugin.part", "No module named", "pip install --force-reinstall"),
    Way("lacks_extra", "import wanted_thing", "No module named", "pip install 'lacks_extra-losses[more]'"),
    Way("exits", "import sys; sys.exit(0)", "^SystemExit: 0$"),
    Way("vanishes", "import os; os._exit(0)", "^its import ends the process with exit status 0$"),
    Way("aborts", "import os; os.abort()", r"^its import crashes the process \(SIGABRT, Aborted\)$"),
    Way("crashes", "import ctypes; ctypes.string_at(0)", r"crashes the process \(SIGSEGV, Segmentation fault\)$"),
    Way("is_killed", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL, killed, as the system does"),
    Way("interrupts", "raise KeyboardInterrupt", "^KeyboardInterrupt: no message$"),
    Way("panics", "class Panic(BaseException): pass\nraise Panic('now')", "^Panic: now$"),
    Way("recurses", "def f(): f()\nf()", "^RecursionError: maximum recursion depth exceeded"),
    Way("asks", "input('name? ')", "^EOFError: "),
    Way("unspeakable", "class E(Exception):\n  def __str__(self): 1/0\nraise E", "^E: no message$"),
    Way("empty", "", "implements no hook of losskit.losses$"),
    Way("forges", FORGED, "^must return one LossSpec from losskit_loss$"),
    Way("unchecked", UNCHECKED, "^ValidationError: LossSpec title: Field required$"),
    Way("misspelt", sound("misspelled"), "^returns a spec named 'misspelled'$"),
    Way("cooks", sound("cooks").replace('task="regression"', 'task="cooking"'), "^ValidationError: LossSpec task: "),
    Way("borrows", "", "names a module of losskit, expected one of its own", entry="losskit.plugins.regression.mae"),
    Way("pythonic", "", "^its entry point names statistics, which is Python's own", entry="statistics"),
    Way("spaced", "", "^its entry point is 'a b c', expected package.module", entry="a b c"),
    Way("Loud Name", "", "is no name of a loss, expected a lower-case letter"),
    Way("comp_sum", "", "is provided by .*comp_sum-losses", "pip uninstall comp_sum-losses; or choose", "collision"),
    Way("floods", sound("floods", "print('a' * 10_000_000)"), "prints 10,000,001 bytes: 'aaa", WARNING, "warning"),
    Way("meddles", sound("meddles", MEDDLING), "adds /nowhere/at/all to sys.path; .* seeds or draws", WARNING, "warning"),
    Way("heavy", sound("heavy", "import numpy\nnumpy.seterr(all='ignore')"), "imports numpy; .*seterr", WARNING, "warning"),
)  # fmt: skip
DEADLY = ("vanishes", "aborts", "crashes", "is_killed")
REQUIRES = "Requires-Dist: wanted-thing>=2; extra == 'more'\n"


@pytest.fixture
def zoo(elsewhere: Elsewhere) -> Elsewhere:
    """One good loss, and every broken one."""
    elsewhere.install("good-losses", {"good_loss": "good_plugin"}, {"good_plugin": sound("good_loss")})
    for way in WAYS:
        module = f"{way.name.replace(' ', '_').lower()}_plugin"
        elsewhere.install(f"{way.name}-losses", {way.name: way.entry or module}, {module: way.source})
        with (
            next(elsewhere.folder.glob(f"{way.name.replace('-', '_')}_losses-*")).joinpath("METADATA").open("a") as file
        ):
            file.write(REQUIRES)
    return elsewhere


def test_a_listing_shows_the_others_and_imports_nothing(zoo: Elsewhere) -> None:
    run = zoo.run("list", "--json")
    found = json.loads(run.stdout)
    assert run.returncode == 0
    assert {"good_loss", "mae", "raises"} <= {loss["name"] for loss in found["losses"]}
    assert set(found["problems"]) == {"borrows", "pythonic", "spaced", "Loud Name", "comp_sum"}
    assert "5 losses cannot be used" in run.stderr


def test_others_are_described(zoo: Elsewhere) -> None:
    run = zoo.run("describe", "good_loss", "--json")
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout)["spec"]["name"] == "good_loss"
    assert zoo.run("describe", "mae").stdout.startswith("mae: ")


def test_a_question_is_answered_from_the_others(zoo: Elsewhere) -> None:
    run = zoo.run("list", "--holds", "NonNegative", "--json")
    found = json.loads(run.stdout)
    assert run.returncode == 0
    assert {"good_loss", "mae", "floods", "meddles", "heavy"} <= {loss["name"] for loss in found["losses"]}
    assert set(found["problems"]) == {way.name for way in WAYS if way.state != "warning"}
    assert found["problems"]["aborts"].startswith(
        "the plugin of aborts from aborts-losses 1.0 (aborts_plugin) fails: its"
    )


@pytest.mark.slow
def test_others_are_verified_and_those_named_beside_them_are_errors(zoo: Elsewhere) -> None:
    beside = zoo.run("verify", "--only", "NonNegative", "--engine", "here", "--json", "mae", "raises", *DEADLY)
    assert beside.returncode == 3
    mae, *others = json.loads(beside.stdout)["losses"]
    assert {finding["outcome"] for finding in mae["findings"]} == {"held"}
    assert [loss["name"] for loss in others] == ["raises", *DEADLY]
    assert {finding["outcome"] for loss in others for finding in loss["findings"]} == {"error"}


def test_one_that_cannot_be_loaded_cannot_be_verified(zoo: Elsewhere) -> None:
    run = zoo.run("verify", "vanishes")
    assert (run.returncode, run.stdout) == (3, "")
    assert run.stderr == (
        "losskit: the plugin of vanishes from vanishes-losses 1.0 (vanishes_plugin) fails: "
        "its import ends the process with exit status 0\n"
    )


@pytest.mark.slow
def test_doctor_explains_each_as_data(zoo: Elsewhere) -> None:
    run = zoo.run(
        "--plugins", ",".join(["good-losses", "losskit", *(f"{way.name}-losses" for way in WAYS)]), "doctor", "--json"
    )
    assert run.returncode == 3
    found = json.loads(run.stdout)
    assert not found["healthy"]
    plugins: dict[str, dict[str, Any]] = {plugin["distribution"]: plugin for plugin in found["plugins"]}
    assert plugins["good-losses"]["state"] == "ok"
    assert {p["state"] for p in found["plugins"] if p["distribution"] == "losskit"} == {"ok", "collision"}
    for way in WAYS:
        plugin = plugins[f"{way.name}-losses"]
        assert (plugin["loss"], plugin["version"], plugin["state"]) == (way.name, "1.0", way.state)
        assert re.search(way.cause, plugin["cause"]), plugin
        assert plugin["cause"].isprintable()
        assert way.cure.format(name=way.name) in plugin["cure"], plugin
    for name, line in {"raises": 1, "recurses": 1, "crashes": 1, "aborts": 1, "panics": 2}.items():
        assert plugins[f"{name}-losses"]["where"] == str(zoo.folder / f"{name}_plugin.py:{line}")
    meddled = plugins["meddles-losses"]["cause"]
    for trace in (
        "sets LOSSKIT_TEST_VARIABLE in os.environ", "changes the working directory to /", "sets the recursion limit 1234",
        "changes the filters of warnings", "configures the root logger", "leaves 1 thread running",
    ):  # fmt: skip
        assert trace in meddled


@pytest.mark.slow
def test_doctor_explains_in_words(zoo: Elsewhere) -> None:
    chosen = [way for way in WAYS if way.name in ("raises", "lacks", "aborts", "meddles")]
    run = zoo.run("--plugins", ",".join(f"{way.name}-losses" for way in chosen), "doctor")
    assert run.returncode == 3
    explained = run.stdout[run.stdout.index("What is broken") :]
    for way in chosen:
        (line,) = (line for line in explained.splitlines() if line.startswith(f"{way.name} "))
        assert f"{way.name}-losses 1.0" in line
        assert f"{way.name}_plugin" in line
        assert re.search(way.cause.strip("^$"), line)
        assert way.cure.format(name=way.name) in line
    assert "Something is broken; see above." in run.stdout


@pytest.mark.slow
def test_one_that_hangs_is_found_and_one_that_is_slow_is_timed(elsewhere: Elsewhere) -> None:
    slow = sound("slow_loss", "import time; time.sleep(2.2)")
    elsewhere.install("hanging-losses", {"hangs": "hangs_plugin"}, {"hangs_plugin": "import time\ntime.sleep(600)"})
    elsewhere.install("slow-losses", {"slow_loss": "slow_plugin"}, {"slow_plugin": slow})
    run = elsewhere.run("--plugins", "hanging-losses,slow-losses", "doctor", "--timeout", "4", "--json")
    states = {plugin["loss"]: plugin for plugin in json.loads(run.stdout)["plugins"]}
    hanging = states["hangs"]
    assert (hanging["cause"], hanging["state"]) == ("its import takes longer than 4 s", "broken")
    assert hanging["where"] == str(elsewhere.folder / "hangs_plugin.py:2")
    assert hanging["cure"].startswith("give it longer: losskit doctor --timeout 120; or pip install")
    assert states["slow_loss"]["state"] == "warning"
    assert 2.2 <= states["slow_loss"]["seconds"] < 4
    assert re.match(r"its import takes [23]\.\d s$", states["slow_loss"]["cause"])
    told = elsewhere.run("describe", "slow_loss")
    assert told.stdout.startswith("slow_loss: Foreign\n")
    assert re.search(
        r"^losskit: the plugin of slow_loss from slow-losses 1.0 .* took [23]\.\d s to import$", told.stderr, re.M
    )


def test_damaged_metadata_are_named_and_the_rest_is_listed(elsewhere: Elsewhere) -> None:
    damaged = {
        "bytes": b"[losskit.losses]\nlost = \xff\xfe",
        "bare": b"[losskit.losses]\nno value here\nkept = kept_plugin:Holder.plugin [extra]\n",
        "other": b"[console_scripts]\nbroken\n",
    }
    for name, content in damaged.items():
        info = elsewhere.folder / f"{name}_losses-2.5.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_bytes(content)
    (elsewhere.folder / "plain_file-1.0.dist-info").write_text("no folder")
    holder = "\nclass Plugin:\n    @hookimpl\n    def losskit_loss(self): return SPEC\nclass Holder:\n    plugin = Plugin()\n"
    source = sound("kept").replace("@hookimpl\ndef losskit_loss():\n    return SPEC", "") + holder
    (elsewhere.folder / "kept_plugin.py").write_text(source)
    listed = elsewhere.run("list")
    assert listed.returncode == 0
    assert re.search(r"^kept +\? +\[bare_losses \?\]$", listed.stdout, re.MULTILINE)
    assert "comp_sum" in listed.stdout
    assert elsewhere.run("describe", "kept").stdout.startswith("kept: Foreign\n")
    states = json.loads(elsewhere.run("--plugins", "bare-losses", "doctor", "--json").stdout)["plugins"]
    causes = {plugin["distribution"]: plugin["cause"] for plugin in states if plugin["loss"] == "?"}
    assert causes["bytes_losses"].startswith("its entry_points.txt cannot be read: UnicodeDecodeError")
    assert causes["bare_losses"] == "a line of its entry_points.txt is 'no value here', expected NAME = MODULE"
    assert causes["other_losses"] == "a line of its entry_points.txt is 'broken', expected NAME = MODULE"
    assert [plugin["state"] for plugin in states if plugin["loss"] == "kept"] == ["ok"]


def test_a_file_that_hides_a_library_is_named(elsewhere: Elsewhere) -> None:
    (elsewhere.folder / "torch.py").write_text("raise RuntimeError('not torch')")
    (elsewhere.folder / "colorsys.py").write_text("")
    elsewhere.install("good-losses", {"good_loss": "good_plugin"}, {"good_plugin": sound("good_loss")})
    hidden = json.loads(elsewhere.run("--plugins", "good-losses", "doctor", "--json").stdout)
    facts = [(fact["what"], fact["state"], fact["place"]) for fact in hidden["environment"]]
    assert ("torch", "broken", str(elsewhere.folder / "torch.py")) in facts
    assert ("colorsys", "warning", str(elsewhere.folder / "colorsys.py")) in facts
