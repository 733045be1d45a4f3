"""Settings of every test run."""

import os

import torch
from hypothesis import settings

# Profiles of hypothesis, chosen by --hypothesis-profile; no deadline, because machines are shared.
settings.register_profile("ci", deadline=None, derandomize=True)  # the same examples every time
settings.register_profile("desk", deadline=None)  # other examples in every run
settings.register_profile("nightly", deadline=None, max_examples=2000, print_blob=True)  # others, and many
settings.load_profile("ci" if os.environ.get("CI") else "desk")

if "PYTEST_XDIST_WORKER" in os.environ:  # a worker a core already; threads on top would only wait for each other
    torch.set_num_threads(1)
