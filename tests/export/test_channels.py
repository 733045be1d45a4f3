"""Programs in other processes: arrays on the wire, a program that dies, hangs or cannot be started."""

import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from losskit.export.runtimes.browser import Browser
from losskit.export.runtimes.channel import Child
from losskit.export.runtimes.remote import RemoteRuntime
from losskit.export.runtimes.wire import pack_arrays, unpack_arrays
from losskit.spec.errors import ExportError

DIES = "import sys; sys.stdin.readline(); print('out of luck', file=sys.stderr); sys.exit(7)"
HANGS = "import time; time.sleep(60)"
ECHOES = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"


def child(program: str, patience: float = 60) -> Child:
    return Child("the program", [sys.executable, "-c", program], patience)


@pytest.mark.parametrize(
    "values",
    [
        np.array(1.5, np.float32),
        np.array([[np.inf, -np.inf], [np.nan, 1e-45]], np.float32),
        np.zeros((0, 3)),
        np.arange(6).reshape(2, 3)[:, ::-1],
        np.array([True, False]),
    ],
    ids=lambda values: f"{values.dtype}{values.shape}",
)
def test_an_array_survives_the_wire(values: NDArray[Any]) -> None:
    (found,) = unpack_arrays(pack_arrays({"x": values})).values()
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


def test_a_child_answers_line_by_line() -> None:
    program = child(ECHOES)
    assert [program.ask("one"), program.ask("two")] == ["ONE", "TWO"]
    assert program.alive
    program.close()
    assert not program.alive


@pytest.mark.parametrize(
    ("program", "patience", "said"),
    [
        (DIES, 60, "the program ended with status 7: out of luck"),
        (HANGS, 0.2, "the program did not answer within 0.2 s"),
    ],
)
def test_a_child_that_gives_no_answer_is_named(program: str, patience: float, said: str) -> None:
    running = child(program, patience)
    with pytest.raises(ExportError, match=said):
        running.ask("hello")
    assert not running.alive


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ExportError, match="the program cannot be started"):
        Child("the program", ["no-such-program-anywhere"])


def test_a_runtime_starts_its_program_again_after_it_died() -> None:
    started: list[str] = []

    def start() -> Child:
        started.append(DIES if not started else "input(); print('{\"outputs\": []}', flush=True); input()")
        return child(started[-1])

    runtime = RemoteRuntime("a runtime", start)
    with pytest.raises(ExportError, match="status 7"):
        runtime.load(b"graph")
    runtime.load(b"graph")
    assert len(started) == 2


def test_a_browser_that_ends_is_named_and_its_server_tells_strangers_nothing(tmp_path: Path) -> None:
    (tmp_path / "web.html").write_text("page")
    (tmp_path / "secret.txt").write_text("secret")
    browser = Browser("true", {"": tmp_path}, patience=0.5)
    address = f"http://127.0.0.1:{browser._server.server_address[1]}/"
    for path in ("web.html", "request", "guess/web.html"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(address + path)
    with pytest.raises(ExportError, match="the browser ended with status 0"):
        browser.ask("{}")


def test_a_session_does_not_answer_for_the_graph_that_was_loaded_after_it() -> None:
    runtime = RemoteRuntime(
        "a runtime", lambda: child("import sys\nfor _ in sys.stdin: print('{\"outputs\": {}}', flush=True)")
    )
    first, second = runtime.load(b"one"), runtime.load(b"two")
    assert second.run({}) == {}
    with pytest.raises(ExportError, match="a runtime has loaded another graph since"):
        first.run({})
