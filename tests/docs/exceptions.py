"""The one list of what the documentation shows and its test does not run as it stands, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Instead:
    """What is run in the place of a command.

    Attributes:
        reason: why the command is not run as it stands, or exits as it does.
        command: what is run in its place; None for nothing.
        status: the exit status that is expected.
        before: a command that makes what this one needs.
    """

    reason: str
    command: str | None
    status: int = 0
    before: str = ""


def nothing(reason: str) -> Instead:
    """Not run."""
    return Instead(reason, None)


def narrowed(command: str, options: str, before: str = "") -> Instead:
    """Run with options that ask for less; the command line reads all of it."""
    return Instead(
        "takes long; one property is enough to see that the command is right", f"{command} {options}", 0, before
    )


INSTALLS = "installs from a package index; .ci/run makes such an environment first of all"
CI_STEP = "a step of .ci/run by itself"
OTHER_TEST = "run by the test named in PROGRAMS"

STANDARD = "losskit verify mse --profile standard --report report.json --html report.html --badge claims.svg"
DIFF = "losskit verify mse --profile standard --seed 1 --diff report.json"
README_REPORT = "losskit verify --profile standard --report now.json --html now.html --diff before.json"
README_RESUME = "losskit verify --profile standard --report now.json --resume now.json"
BEFORE = "losskit verify mse --only NonNegative --report before.json"

INSTEAD: dict[str, Instead] = {
    # installing
    'pip install -c constraints.txt ".[verify]" && losskit verify': nothing(INSTALLS),
    'pip install -c constraints.txt -e ".[dev]" && pytest': nothing(INSTALLS),
    "pip install -c constraints.txt .": nothing(INSTALLS),
    'pip install -c constraints.txt ".[verify]"': nothing(INSTALLS),
    "pip install torch==2.13.0": nothing(INSTALLS),
    'pip install -c constraints.txt -e ".[dev]"': nothing(INSTALLS),
    "pre-commit install": nothing("changes the clone it stands in; the hooks are those of .ci/run"),
    "losskit doctor --install node --install web --install libtorch": nothing(f"{CI_STEP}, with --install all"),
    "losskit doctor --install node": nothing(f"{CI_STEP}, with --install all"),
    # what .ci/run does with the whole project
    "ruff check && ruff format --check": nothing(CI_STEP),
    "mypy": nothing(CI_STEP),
    "lint-imports": nothing(CI_STEP),
    "pytest": nothing(CI_STEP),
    "losskit verify": nothing(CI_STEP),
    "losskit export --all --variants --grad -o graphs": nothing(CI_STEP),
    "losskit verify graphs/*/ --runtime all": nothing(CI_STEP),
    "losskit verify comp_sum-graphs --runtime all": nothing(f"{CI_STEP}, with every loss"),
    # publishing
    "python -m build": nothing("builds in an environment from a package index; tests/test_packaging.py builds a wheel"),
    "python -m venv clean && clean/bin/pip install dist/*.whl && clean/bin/losskit list": nothing(INSTALLS),
    "twine upload dist/*": nothing("uploads to a package index"),
    # less than a whole loss
    "losskit verify comp_sum": narrowed("losskit verify comp_sum", "--only ShiftInvariant"),
    "losskit verify dpo": narrowed("losskit verify dpo", "--only NonNegative"),
    "losskit verify mse": narrowed("losskit verify mse", "--only NonNegative"),
    STANDARD: narrowed(STANDARD, "--only NonNegative"),
    DIFF: narrowed(DIFF, "--only NonNegative"),
    README_REPORT: narrowed(README_REPORT, "--only NonNegative mse", BEFORE),
    README_RESUME: nothing("goes on with a run that was cut off; tests/conformance/run/test_journal.py cuts one off"),
    "losskit verify --report old.json": narrowed("losskit verify --report old.json", "--only NonNegative mse"),
    "losskit verify --diff old.json": narrowed("losskit verify --diff old.json", "--only NonNegative mse"),
    "losskit suggest my_loss": Instead("stands for a loss of the reader's", "losskit suggest mse --only Convex", 0),
    "losskit suggest my_package.my_loss:SPEC --only Convex --only Lipschitz": Instead(
        "stands for a spec of the reader's", "losskit suggest losskit.plugins.regression.mse:SPEC --only Convex", 0
    ),
    "LOSSKIT_PLUGINS=builtin,my-losses python train.py": Instead(
        "stands for a program of the reader's", "LOSSKIT_PLUGINS=builtin,my-losses losskit list", 0
    ),
    # claims that are false, which is what the page shows
    "losskit verify examples.foreign.torch_nn:SPECS": Instead(
        "takes long; tests/examples/test_foreign.py runs it claim by claim",
        "losskit verify examples.foreign.torch_nn:SPECS --only ScaleInvariant",
        1,
    ),
    "losskit verify examples.foreign.metric_learning:SPECS": nothing(
        "takes long, and needs pytorch-metric-learning; tests/examples/test_foreign.py runs it claim by claim"
    ),
    "losskit verify examples.foreign.torch_nn:COSINE_EMBEDDING --only ExportsONNX": Instead(
        "the exporter removes a guard",
        "losskit verify examples.foreign.torch_nn:COSINE_EMBEDDING --only ExportsONNX",
        1,
    ),
}

# Pages that another test follows as a whole, with that test.
WALKED: dict[str, str] = {
    "docs/how-to/write-a-loss.md": "tests/docs/test_write_a_loss.py",  # .ci/packages installs and verifies such packages
}

# Pages and folders whose Python programs another test runs, with that test.
PROGRAMS: dict[str, str] = {
    "docs/explanation/foreign.md": "tests/examples/test_foreign.py",
    "examples/stacks/": "tests/examples/test_stacks.py",
}
