"""Extensions are found, kept apart and put together; one that fails is its own problem."""

from __future__ import annotations

import sys

import pytest

from losskit import registry
from losskit.registry import extensions
from losskit.registry.extensions import COMMANDS, FORMATS, HOOKS, KINDS, RUNTIMES, TARGETS
from losskit.spec import ExtensionHooks, properties
from losskit.spec.errors import PluginError
from losskit.spec.extensions import places

from .conftest import Install

GROUP = "losskit.extensions"
RUNTIME = """
from losskit.spec import GraphRuntime, hookimpl

@hookimpl
def losskit_runtimes():
    return [GraphRuntime({name!r}, "for a test", runs="onnx", make="nowhere:make")]
"""


def extend(install: Install, distribution: str, source: str, entry: str = "") -> str:
    module = distribution.replace("-", "_")
    install(distribution, {entry or module: module}, {module: source}, group=GROUP)
    return module


def causes() -> list[str]:
    return [problem.cause for problem in extensions.problems()]


def test_losskit_registers_all_it_has_by_the_same_hooks() -> None:
    assert {hook.name for hook in HOOKS} == {name for name in vars(ExtensionHooks) if name.startswith("losskit_")}
    kinds = {name for name, kind in properties.KINDS.items() if kind.__module__.startswith("losskit.")}
    assert set(extensions.own(KINDS)) == kinds - {"Engineering"}
    assert list(extensions.own(TARGETS)) == ["onnx", "torchscript", "pt2"]
    assert {"ort", "node", "libtorch"} < set(extensions.own(RUNTIMES))
    assert {"json", "junit", "html"} < set(extensions.own(FORMATS))
    assert {"list", "verify"} < set(extensions.own(COMMANDS))
    assert {offer.provider.distribution for hook in HOOKS for offer in extensions.own(hook).values()} == {"losskit"}


def test_every_place_that_losskit_names_is_there() -> None:
    for hook in HOOKS:
        for name, offer in extensions.own(hook).items():
            for place in places(offer.record):
                assert registry.resolve(name, place) is not None


def test_an_extension_is_imported_for_what_losskit_does_not_have(install: Install) -> None:
    module = extend(install, "slow-runtimes", RUNTIME.format(name="slow"))
    assert extensions.get(RUNTIMES, "ort") is not None
    assert module not in sys.modules
    offer = extensions.get(RUNTIMES, "slow")
    assert offer is not None
    assert str(offer.provider) == "slow-runtimes 1.0 (slow_runtimes)"
    assert list(extensions.every(RUNTIMES))[-1] == "slow"


def test_the_selection_takes_an_extension_away_and_never_losskit_s_own(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = extend(install, "slow-runtimes", RUNTIME.format(name="slow"))
    monkeypatch.setenv(registry.VARIABLE, "builtin")
    assert "slow" not in extensions.every(RUNTIMES)
    assert module not in sys.modules
    monkeypatch.setenv(registry.VARIABLE, "slow-runtimes")
    assert {"slow", "ort"} < set(extensions.every(RUNTIMES))


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise RuntimeError('out of order\\nsecond line')", "fails: RuntimeError: out of order"),
        ("raise SystemExit(3)", "fails: SystemExit: 3"),
        ("import losskit_missing_dependency", "fails: ModuleNotFoundError: No module named"),
        ("", "implements no hook of losskit.extensions"),
        ("def losskit_commands(): return []", "defines losskit_commands without @hookimpl"),
        (
            RUNTIME.replace("losskit_runtimes", "losskit_runtime"),
            "and there is no such hook; did you mean losskit_runtimes",
        ),
        (
            RUNTIME.replace("losskit_runtimes()", "losskit_runtimes(config)"),
            "takes config in losskit_runtimes, expected no",
        ),
        (
            RUNTIME.replace("losskit_runtimes", "losskit_commands"),
            "returns GraphRuntime from losskit_commands, expected a list of",
        ),
        (RUNTIME.replace("losskit_runtimes", "losskit_loss"), "losskit_loss is one of losskit.losses"),
        (RUNTIME.replace("{name!r}", "'all'"), "GraphRuntime has the name 'all', expected small letters"),
        (RUNTIME.replace("nowhere:make", "nowhere.make"), "make is 'nowhere.make', expected a place such as"),
    ],
)
def test_a_broken_extension_is_left_out_and_says_why(install: Install, source: str, cause: str) -> None:
    extend(install, "broken-runtimes", source.replace("{name!r}", "'broken'"))
    extend(install, "slow-runtimes", RUNTIME.format(name="slow"))
    assert {"slow", "ort"} < set(extensions.every(RUNTIMES))
    (sentence,) = causes()
    assert sentence.startswith("the plugin of broken_runtimes from broken-runtimes 1.0 (broken_runtimes) ")
    assert cause in sentence
    assert "\n" not in sentence
    assert "(1 of the installed extensions cannot be used" in extensions.unknown(RUNTIMES, "broken")


def test_a_name_that_losskit_has_stays_losskit_s(install: Install) -> None:
    extend(install, "bold-runtimes", RUNTIME.format(name="ort"))
    assert extensions.every(RUNTIMES)["ort"].provider.builtin
    (sentence,) = causes()
    assert "the runtime ort is losskit's own, so that of bold-runtimes 1.0 (bold_runtimes) is left out" in sentence


def test_a_name_that_two_offer_is_nobody_s(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    extend(install, "one-runtimes", RUNTIME.format(name="twice"))
    extend(install, "other-runtimes", RUNTIME.format(name="twice"))
    assert "twice" not in extensions.every(RUNTIMES)
    with pytest.raises(PluginError, match=r"twice is offered by one-runtimes 1\.0 .* and by other-runtimes 1\.0"):
        extensions.get(RUNTIMES, "twice")
    monkeypatch.setenv(registry.VARIABLE, "one-runtimes")
    assert extensions.get(RUNTIMES, "twice") is not None


def test_two_entries_of_one_label_do_not_meet(install: Install) -> None:
    extend(install, "one-runtimes", RUNTIME.format(name="one"), entry="export")
    extend(install, "other-runtimes", RUNTIME.format(name="other"), entry="export")
    assert {"one", "other", "ort"} < set(extensions.every(RUNTIMES))
    assert causes() == []


def test_stale_metadata_are_said_to_be_the_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("losskit.registry.discovery.own", lambda _: ())
    with pytest.raises(PluginError, match="metadata are older than its code; install it again"):
        extensions.own(RUNTIMES)


KIND = """
from losskit.spec import Property, PropertyKind, hookimpl

class {name}(Property):
    '''A kind for a test.'''

    {body}

@hookimpl
def losskit_property_kinds():
    return [PropertyKind("{module}:{name}", law="nowhere:law")]
"""


@pytest.mark.parametrize(
    ("name", "body", "cause"),
    [
        (
            "Convex",
            "on: str",
            "the property Convex of strange_kinds bears the name of one of losskit.spec.properties.analytic",
        ),
        ("Everybodys", "default = True", "only losskit's own are declared by every loss"),
    ],
)
def test_a_kind_may_neither_shadow_another_nor_bind_every_loss(
    install: Install, name: str, body: str, cause: str
) -> None:
    before = dict(properties.KINDS)
    body = body if body.startswith("on") else "default: __import__('typing').ClassVar[bool] = True"
    extend(install, "strange-kinds", KIND.format(name=name, body=body, module="strange_kinds"))
    assert extensions.every(KINDS)["Convex"].provider.builtin
    (sentence,) = causes()
    assert cause in sentence
    assert before == properties.KINDS
