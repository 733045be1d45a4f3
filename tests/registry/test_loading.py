"""One plugin is loaded at a time, and a broken one is its own problem."""

import sys
from collections.abc import Callable

import pytest

import losskit
from losskit import registry
from losskit.spec.errors import PluginError, UnknownLossError

Install = Callable[..., None]


def test_an_unknown_name_gets_near_matches() -> None:
    with pytest.raises(UnknownLossError, match=r"there is no loss 'comp_sun'; did you mean comp_sum"):
        losskit.get("comp_sun")


def test_a_name_like_no_other_is_told_where_to_look() -> None:
    with pytest.raises(UnknownLossError, match=r"there is no loss 'qqqq'; see 'losskit list' for all \d+"):
        losskit.get("qqqq")


def test_at_most_three_names_are_offered() -> None:
    sentence = registry.unknown("loss", "loss_0", tuple(f"loss_{n}" for n in range(1, 9)))
    assert sentence.count("loss_") == 4


def test_an_unknown_loss_is_a_lookup_error() -> None:
    assert issubclass(UnknownLossError, LookupError)


def test_a_foreign_loss_loads_like_a_built_in_one(foreign: str) -> None:
    assert losskit.get(foreign).title == "Foreign"
    assert losskit.get(foreign) is losskit.get(foreign)


def test_loading_one_loss_imports_one_plugin(install: Install, foreign: str) -> None:
    install("others", {"other": "other_plugin"}, {"other_plugin": "raise RuntimeError('imported')"})
    losskit.get(foreign)
    assert "other_plugin" not in sys.modules


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise RuntimeError('out of order\\nsecond line')", "fails: RuntimeError: out of order"),
        ("import losskit_missing_dependency", "fails: ModuleNotFoundError: No module named"),
        ("raise SystemExit(3)", "fails: SystemExit: 3"),
        ("raise AssertionError", "fails: AssertionError: no message"),
        ("def broken(:", "fails: SyntaxError"),
        ("", "implements no hook of losskit.losses"),
        ("def losskit_loss(): return 1", "defines losskit_loss without @hookimpl"),
        (
            "from losskit.spec import hookimpl\n@hookimpl\ndef losskit_loss(): return 'hinge'",
            "must return one LossSpec from losskit_loss",
        ),
        (
            "import losskit\nfrom losskit.spec import hookimpl\n@hookimpl\ndef losskit_loss(): "
            "return losskit.get('comp_sum')",
            "returns a spec named 'comp_sum'",
        ),
    ],
)
def test_a_broken_plugin_fails_alone(install: Install, source: str, cause: str) -> None:
    install("broken-losses", {"broken": "broken_plugin"}, {"broken_plugin": source}, version="0.3")
    with pytest.raises(PluginError) as caught:
        losskit.get("broken")
    sentence = str(caught.value)
    assert sentence.startswith("the plugin of broken from broken-losses 0.3 (broken_plugin) ")
    assert cause in sentence
    assert "\n" not in sentence
    assert losskit.get("comp_sum").name == "comp_sum"
    (failure,) = (f for f in registry.failures() if f.name == "broken")
    assert failure.cause == sentence
    assert "broken" in losskit.names()


def test_the_cause_is_chained(install: Install) -> None:
    install("broken-losses", {"broken": "broken_plugin"}, {"broken_plugin": "1 / 0"})
    with pytest.raises(PluginError) as caught:
        losskit.create("broken")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_collision_names_both_and_nobody_wins(install: Install) -> None:
    install("one-losses", {"comp_sum": "one_plugin"}, {})
    with pytest.raises(
        PluginError, match=r"the loss comp_sum is provided by .*one-losses 1\.0 \(one_plugin\)"
    ) as found:
        losskit.get("comp_sum")
    assert "losskit 0.1.0" in str(found.value)
    assert "LOSSKIT_PLUGINS" in str(found.value)


def test_a_collision_is_settled_by_selecting(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("one-losses", {"comp_sum": "one_plugin"}, {})
    monkeypatch.setenv(registry.VARIABLE, "builtin")
    assert losskit.get("comp_sum").name == "comp_sum"


def test_asking_for_built_in_failures_runs_no_outside_code(install: Install) -> None:
    install("broken-losses", {"broken": "broken_plugin"}, {"broken_plugin": "raise RuntimeError"})
    assert "broken" not in [failure.name for failure in registry.failures(builtin_only=True)]
    assert "broken_plugin" not in sys.modules


def test_a_spec_is_listed_though_its_neighbour_is_broken(install: Install, foreign: str) -> None:
    install("broken-losses", {"broken": "broken_plugin"}, {"broken_plugin": "raise RuntimeError"})
    loaded = [spec.name for spec in registry.specs()]
    assert foreign in loaded
    assert "broken" not in loaded
