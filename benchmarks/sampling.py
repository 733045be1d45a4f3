"""Where the harness spends its time: a thread looks at what the working thread does and tells kinds of work apart."""

import gc
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import accumulate, chain, repeat, starmap, takewhile
from operator import attrgetter, is_not, itemgetter
from typing import Any, Literal

Stack = list[tuple[str, dict[str, Any]]]  # functions with the names of their modules
Kind = Literal["loss", "tools", "search", "rest", "imports"]
KINDS: dict[Kind, str] = {
    "loss": "evaluating losses",
    "tools": "export and the framework's tools",
    "search": "solver and search",
    "rest": "rest of the harness",
    "imports": "imports",
}
INTERVAL = 0.005  # seconds between two looks

IMPORTING = ("importlib._bootstrap", "importlib._bootstrap_external")
TRACERS = (  # a loss that is called by one of these is not evaluated but written down
    "torch.export", "torch._export", "torch._dynamo", "torch._inductor", "torch._functorch._aot_autograd",
    "torch._functorch.aot_autograd", "torch._subclasses", "torch.fx", "torch.jit", "torch.onnx",
)  # fmt: skip
SEARCHING = ("decision", "laws", "subject", "search.attack", "search.climb", "search.edge", "search.shrink")
# what a module tells, and all below it that say nothing else; where none does, who called it is asked
TELLING: dict[str, Kind] = {
    **dict.fromkeys(TRACERS, "tools"),
    **dict.fromkeys(("onnx", "onnx_ir", "onnxruntime", "onnxscript", "losskit.export"), "tools"),
    **dict.fromkeys(("losskit.plugins", "torch.autograd", "torch.nn.modules"), "loss"),
    **dict.fromkeys((f"losskit.conformance.{name}" for name in SEARCHING), "search"),
    "losskit": "rest",
    "hypothesis": "rest",
}
# questions that a loss asks of the tools while it is evaluated
ASIDE = ("is_tracing", "is_scripting", "is_compiling", "is_fx_tracing", "is_fx_symbolic_tracing")


@dataclass
class Profile:
    """Seconds that the working thread spent, by the kind of work."""

    seconds: dict[Kind, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))

    @property
    def total(self) -> float:
        """All seconds."""
        return sum(self.seconds.values())

    def shares(self) -> dict[Kind, float]:
        """Parts of 1."""
        return {kind: seconds / self.total for kind, seconds in self.seconds.items()}

    def __add__(self, other: "Profile") -> "Profile":
        return Profile({kind: seconds + other.seconds[kind] for kind, seconds in self.seconds.items()})


@contextmanager
def sampled(interval: float = INTERVAL) -> Iterator[Profile]:
    """Look at the calling thread every few milliseconds until the block ends.

    The time between two looks, not their number, is what counts for what the second one sees: a call that keeps the
    interpreter to itself delays the look at it, and is none the shorter for it.
    """
    profile, ended, working = Profile(), threading.Event(), threading.get_ident()
    start = time.perf_counter()

    def look() -> None:
        before = start
        while not ended.wait(interval):
            kind = kind_of(stack_of(working))
            now = time.perf_counter()
            profile.seconds[kind] += now - before
            before = now

    with ThreadPoolExecutor(1) as pool:
        watching = pool.submit(look)
        try:
            yield profile
        finally:
            ended.set()
            watching.result()
    if not profile.total:  # too short to be seen
        profile.seconds["rest"] = time.perf_counter() - start


def stack_of(thread: int) -> Stack:
    """What a thread is in, innermost first.

    One call from end to end: between two steps of Python the thread looked at would go on, and take its frames away. And
    nothing is collected meanwhile: frames are made under a lock that the end of a thread's own data waits for.
    """
    collects = gc.isenabled()
    gc.disable()
    innermost = map(itemgetter(thread), starmap(sys._current_frames, [()]))
    frames = accumulate(chain(innermost, repeat("f_back")), getattr)
    try:
        return list(map(attrgetter("f_code.co_name", "f_globals"), takewhile(partial(is_not, None), frames)))
    finally:
        if collects:
            gc.enable()


def kind_of(stack: Stack) -> Kind:
    """What a thread does, by the innermost of its frames that tells."""
    modules = [str(names.get("__name__", "")) for function, names in stack if function not in ASIDE]
    if any(name in IMPORTING for name in modules):
        return "imports"
    kinds = [kind for kind in map(_telling, modules) if kind is not None]
    if kinds[:1] == ["loss"] and any(_within(name, TRACERS) for name in modules):
        return "tools"
    return kinds[0] if kinds else "rest"


@cache
def _telling(module: str) -> Kind | None:
    """What a module tells, by its own name or the package that is nearest to it."""
    while module and module not in TELLING:
        module = module.rpartition(".")[0]
    return TELLING.get(module)


@cache
def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)
