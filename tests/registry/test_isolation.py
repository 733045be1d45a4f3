"""Code of plugins is called where whatever it does becomes one sentence."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest

from losskit.registry import resolve
from losskit.registry.isolation import LONGEST, first_line, guarded, plugin_at, printable
from losskit.spec.errors import PluginError


class Panic(BaseException):
    """Nothing that ``except Exception`` would see."""


def raising(error: BaseException) -> Callable[[], None]:
    def call() -> None:
        raise error

    return call


def interrupting() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)


def test_what_a_call_returns_is_returned() -> None:
    assert guarded("it", lambda: 3) == 3


@pytest.mark.parametrize("error", [Panic("now"), SystemExit("now"), RecursionError("now"), KeyboardInterrupt("now")])
def test_whatever_is_raised_becomes_a_sentence_and_the_cause_is_chained(error: BaseException) -> None:
    with pytest.raises(PluginError, match=rf"^the plugin fails: {type(error).__name__}: now$") as caught:
        guarded("the plugin", raising(error))
    assert caught.value.__cause__ is error


def test_an_interrupt_from_the_keyboard_is_one_and_the_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        guarded("the plugin", interrupting)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_may_load_plugins_too() -> None:
    found: list[str] = []

    def load() -> None:
        try:
            guarded("the plugin", raising(KeyboardInterrupt()))
        except PluginError as error:
            found.append(str(error))

    thread = threading.Thread(target=load)
    thread.start()
    thread.join()
    assert found == ["the plugin fails: KeyboardInterrupt: no message"]


def test_waiting_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="losskit"):
        guarded("the plugin", lambda: time.sleep(0.3), patience=0.1)
        guarded("another", lambda: None, patience=5)
    first, second = (record.getMessage() for record in caplog.records)
    assert first == "losskit: the plugin is still being imported"
    assert second.startswith("losskit: the plugin took 0.")


def test_nobody_watches_the_clock_of_what_is_there_already(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(thread: threading.Thread) -> None:
        raise AssertionError(f"{thread} was started")

    monkeypatch.setattr(threading.Thread, "start", started)
    assert resolve("a loss", "os:path.join") is os.path.join
    with pytest.raises(PluginError, match="a loss: os:nothing cannot be imported: AttributeError"):
        resolve("a loss", "os:nothing")


def test_an_entry_point_names_a_module_or_something_in_it() -> None:
    assert plugin_at("os.path") is os.path
    assert plugin_at("os:path.join") is os.path.join
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        plugin_at("os:nothing")


def test_nothing_that_a_terminal_obeys_is_told() -> None:
    assert first_line(ValueError("red\x1b[31m\tand\nmore")) == "red\N{REPLACEMENT CHARACTER}[31m and"
    assert len(printable("x" * 10_000)) == LONGEST + 3
