"""`losskit verify MODULE:SPEC`: specs that are not registered, found from the folder one stands in."""

from __future__ import annotations

import pytest

from .conftest import Elsewhere

SPECS = '''"""A loss of the framework under two names."""

from losskit.spec import Adapter, LossSpec, Parameters
from losskit.spec.properties import Convex
from losskit.spec.tensors import class_target, logits


class Nothing(Parameters):
    """No parameters."""


def spec(name, *claims):
    return LossSpec(
        name=name, title="Foreign", task="classification", summary="s", formula="", parameters=Nothing,
        inputs=(logits("B", "C"), class_target("B")), output=("B",), claims=claims, weights=None, references=(),
        module="torch.nn:CrossEntropyLoss", adapter=Adapter(),
    )


ONE = spec("one", Convex(on="logits").holds())
OTHER = spec("other", Convex(on="logits").fails())
SPECS = (ONE, OTHER)
NUMBER = 3
'''


@pytest.fixture
def specs(elsewhere: Elsewhere) -> Elsewhere:
    (elsewhere.folder / "my_specs.py").write_text(SPECS)
    return elsewhere


@pytest.mark.slow
def test_specs_of_a_module_are_held_to_their_claims(specs: Elsewhere) -> None:
    run = specs.run("verify", "my_specs:SPECS", "--only", "Convex", "--jobs", "2", "--device", "cpu")
    assert run.returncode == 1, run.stderr
    assert "other: Convex(on=logits) fails" in run.stdout
    assert "one: Convex" not in run.stdout
    assert "Of 2 claims 1 fell" in run.stdout


@pytest.mark.parametrize(
    ("place", "status", "said"),
    [
        ("my_specs:NUMBER", 2, "my_specs:NUMBER must be a LossSpec or several, found int"),
        ("my_specs:MISSING", 3, "my_specs:MISSING cannot be imported: AttributeError"),
        ("nowhere:SPEC", 3, "nowhere:SPEC cannot be imported: ModuleNotFoundError"),
    ],
)
def test_a_place_without_a_spec_is_one_sentence(specs: Elsewhere, place: str, status: int, said: str) -> None:
    run = specs.run("verify", place)
    assert run.returncode == status
    assert said in run.stderr
    assert "Traceback" not in run.stderr


def test_the_help_says_that_code_runs(specs: Elsewhere) -> None:
    assert "that runs its code" in " ".join(specs.run("verify", "-h").stdout.split())
