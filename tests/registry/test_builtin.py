"""What is true of every built-in loss, read from its spec and its folder."""

import ast
import json
from importlib import import_module
from pathlib import Path

import pytest

import losskit
from losskit import plugins, registry
from losskit.spec import LossSpec
from losskit.spec.expressions import evaluate

BUILTIN = registry.builtin()
FOLDER = Path(plugins.__file__).resolve().parent
SHARED = {"ops"}


def folders() -> dict[str, str]:
    """Plugin folders by the name of the loss, as modules."""
    found = [path.parent for path in FOLDER.glob("*/*/loss.py") if path.parts[-3] not in SHARED]
    return {path.name: f"losskit.plugins.{path.parent.name}.{path.name}" for path in found}


def test_the_entry_points_are_the_folders() -> None:
    assert {name: registry.providers()[name][0].module for name in BUILTIN} == folders()


def test_no_built_in_plugin_fails() -> None:
    assert registry.failures(builtin_only=True) == ()


@pytest.mark.parametrize("name", BUILTIN)
def test_a_spec_survives_json(name: str) -> None:
    spec = losskit.get(name)
    # by its text, for an example may hold NaN, which equals nothing
    assert repr(LossSpec.model_validate_json(spec.model_dump_json())) == repr(spec)
    assert repr(LossSpec.model_validate(json.loads(spec.model_dump_json()))) == repr(spec)


@pytest.mark.parametrize("name", BUILTIN)
def test_a_spec_is_the_same_text_every_time(name: str) -> None:
    text = losskit.get(name).model_dump_json()
    assert LossSpec.model_validate_json(text).model_dump_json() == text


def test_specs_have_a_json_schema() -> None:
    schema = LossSpec.model_json_schema(mode="serialization")
    assert set(schema["properties"]) == set(LossSpec.model_fields)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("name", BUILTIN)
def test_the_task_is_the_folder(name: str) -> None:
    assert losskit.get(name).task == registry.providers()[name][0].module.split(".")[2]


@pytest.mark.parametrize("name", BUILTIN)
def test_references_resolve_to_entries_with_a_title(name: str) -> None:
    references = losskit.get(name).references
    assert references
    assert all(reference.field("title") and reference.field("year") for reference in references)


@pytest.mark.parametrize("name", BUILTIN)
def test_links_lead_to_losses_that_exist(name: str) -> None:
    for claim in losskit.get(name).links():
        other = claim.property.model_dump()["other"]
        if other.startswith("torch.nn."):
            assert hasattr(import_module("torch.nn"), other.removeprefix("torch.nn."))
        else:
            assert other in BUILTIN


@pytest.mark.parametrize("name", BUILTIN)
def test_what_a_loss_says_of_itself_is_written_down(name: str) -> None:
    spec = losskit.get(name)
    assert spec.summary.endswith(".")
    assert all(entry.meaning for entry in spec.inputs), "every input says what it means"
    assert all(field.description for field in spec.parameters.fields), "every parameter says what it does"
    assert spec.examples, "at least one worked value"
    assert {claim.verdict for claim in spec.claims} <= {"holds", "fails"}


@pytest.mark.parametrize("name", BUILTIN)
def test_constants_without_symbols_are_numbers(name: str) -> None:
    constants = [e for claim in losskit.get(name).claims for e in claim.property.expressions()]
    for constant in constants:
        if not constant.symbols():
            assert isinstance(evaluate(constant, {}), float)


@pytest.mark.parametrize("name", BUILTIN)
def test_the_module_is_built_with_the_defaults_of_the_spec(name: str) -> None:
    config = losskit.create(name).config()
    defaults = {p.name: p.default for p in losskit.get(name).parameters.fields}
    assert config == {"name": name, "parameters": defaults, "reduction": "mean"}


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", BUILTIN)
def test_a_configuration_survives_json(name: str, reduction: str) -> None:
    loss = losskit.create(name, reduction=reduction)
    again = losskit.from_config(json.loads(json.dumps(loss.config())))
    assert type(again) is type(loss)
    assert again.config() == loss.config()
    assert repr(again) == repr(loss)


@pytest.mark.parametrize("name", BUILTIN)
def test_a_plugin_folder_holds_three_files_with_their_imports(name: str) -> None:
    folder = FOLDER / losskit.get(name).task / name
    assert sorted(path.name for path in folder.glob("*.py")) == ["__init__.py", "loss.py", "reference.py"]
    assert {m.split(".")[1] for m in imported(folder / "__init__.py") if m.startswith("losskit.")} == {"spec"}
    assert not [m for m in imported(folder / "reference.py") if m.split(".")[0] in ("losskit", "torch")]


def imported(path: Path) -> set[str]:
    """Modules that a file imports, by full name."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
