"""Settings of every test run."""

import os

import torch
from hypothesis import settings

# Examples differ from run to run at a desk and are the same every time in CI; no deadline, because machines are shared.
settings.register_profile("losskit", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("losskit")

if "PYTEST_XDIST_WORKER" in os.environ:  # a worker a core already; threads on top would only wait for each other
    torch.set_num_threads(1)
