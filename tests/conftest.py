"""Settings of every test run."""

import os
from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

from losskit.registry import discovery

# Profiles of hypothesis, chosen by --hypothesis-profile; no deadline, because machines are shared. What is not said here
# is taken from hypothesis's own default, which derandomises wherever it sees a CI server, at night as well.
settings.register_profile("ci", deadline=None, derandomize=True)  # the same examples every time
settings.register_profile("desk", deadline=None, derandomize=False)  # other examples in every run
settings.register_profile(
    "nightly", deadline=None, derandomize=False, max_examples=2000, print_blob=True
)  # others, and many
settings.load_profile("ci" if os.environ.get("CI") else "desk")

if "PYTEST_XDIST_WORKER" in os.environ:  # a worker a core already; threads on top would only wait for each other
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def selection() -> Iterator[None]:
    """What ``--plugins`` selects in one test, where the command runs in its process, is no matter of the next."""
    before = os.environ.get(discovery.VARIABLE)
    yield
    if before is None:
        os.environ.pop(discovery.VARIABLE, None)
    else:
        os.environ[discovery.VARIABLE] = before
