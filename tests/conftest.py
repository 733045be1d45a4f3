"""Settings of every test run."""

import os

import torch
from hypothesis import settings

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
