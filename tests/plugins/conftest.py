"""What the tests of losses share: the memory a computation asks for."""

from collections.abc import Callable

import pytest
import torch

Peak = Callable[[Callable[[], object]], int]


@pytest.fixture
def peak_bytes() -> Peak:
    """The most bytes that tensors made by a computation held at one time, by the allocator's own log."""
    return _peak_bytes


def _peak_bytes(compute: Callable[[], object]) -> int:
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        compute()
    events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    held = peak = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak
