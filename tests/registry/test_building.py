"""From a name to a module, and from a module to its configuration and back."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from torch import nn

import losskit
from losskit import registry
from losskit.spec.errors import ParameterError, PluginError

Install = Callable[..., None]


def test_a_loss_is_built_by_name() -> None:
    loss = losskit.create("comp_sum", tau=1.5, reduction="sum")
    assert isinstance(loss, nn.Module)
    assert loss.config() == {"name": "comp_sum", "parameters": {"tau": 1.5}, "reduction": "sum"}


def test_the_name_may_be_given_by_its_own_name() -> None:
    assert losskit.create(name="comp_sum", tau=1.5).config() == losskit.create("comp_sum", tau=1.5).config()


def test_building_from_a_spec_is_the_same() -> None:
    assert registry.build(losskit.get("comp_sum"), tau=2).config() == losskit.create("comp_sum", tau=2.0).config()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"tau": -1}, "comp_sum: parameter tau must be in [0, inf), found -1"),
        ({"tau": "1"}, "comp_sum: parameter tau must be in [0, inf), found '1'"),
        ({"gamma": 1}, "comp_sum has no parameter 'gamma'; its parameters are: tau"),
        ({"reduction": "average"}, "comp_sum: reduction must be one of mean, sum, none, sum_count, found 'average'"),
        ({"reduction": None}, "comp_sum: reduction must be one of mean, sum, none, sum_count, found None"),
    ],
)
def test_a_bad_argument_is_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterError) as caught:
        losskit.create("comp_sum", **arguments)
    assert str(caught.value) == sentence


def test_a_module_that_cannot_be_imported_is_a_plugin_error(foreign: str) -> None:
    with pytest.raises(PluginError, match="foreign_loss: foreign_module:Missing cannot be imported: ModuleNotFound"):
        losskit.create(foreign)


def test_a_module_that_breaks_on_import_is_a_plugin_error(install: Install) -> None:
    install("broken-losses", {}, {"breaking": "1 / 0"})
    with pytest.raises(PluginError, match=r"broken: breaking:Loss cannot be imported: ZeroDivisionError") as caught:
        registry.resolve("broken", "breaking:Loss")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_configuration_may_leave_out_what_has_defaults() -> None:
    assert losskit.from_config({"name": "comp_sum"}).config() == losskit.create("comp_sum").config()


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"parameters": {}},
        {"name": "comp_sum", "tau": 1.5},
        {"name": 3},
        {"name": "comp_sum", "parameters": [1.5]},
        {"name": "comp_sum", "parameters": {"reduction": "sum"}},
    ],
)
def test_a_malformed_configuration_is_one_sentence(config: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=r"^a configuration holds "):
        losskit.from_config(config)


def test_a_configuration_through_json() -> None:
    text = json.dumps(losskit.create("comp_sum", tau=0.1 + 0.2, reduction="none").config())
    assert json.dumps(losskit.from_config(json.loads(text)).config()) == text
