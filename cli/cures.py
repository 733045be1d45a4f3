"""What to do about a plugin that cannot be used, or that does more than a plugin should."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, requires

from losskit.registry import Provider, Trial

# Modules that are not called like what is installed for them.
_INSTALLED_AS = {
    "cv2": "opencv-python",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "pytorch_lightning": "pytorch-lightning",
}
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)""")
AUTHOR = "tell its author"


def choose(offered: Sequence[Provider]) -> str:
    """Two distributions offer one name."""
    others = " or ".join(f"pip uninstall {p.distribution}" for p in offered if not p.builtin)
    chosen = next((p.distribution for p in offered if not p.builtin), "builtin")
    return f"{others}; or choose one: losskit --plugins builtin, losskit --plugins {chosen}"


def reinstall(distribution: str) -> str:
    """Its metadata are damaged."""
    return f"pip install --force-reinstall {distribution}; or pip uninstall {distribution}"


def upgrade(provider: Provider) -> str:
    """It raises, exits, crashes, or is no plugin."""
    if provider.builtin:
        return "pip install --force-reinstall losskit"
    return f"pip install --upgrade {provider.distribution}; or {leave_out(provider)}"


def leave_out(provider: Provider) -> str:
    """Do without it, for good or for once."""
    return f"pip uninstall {provider.distribution}; or leave it out: losskit --plugins builtin"


def cure(trial: Trial) -> str:
    """What to do about a plugin that cannot be used."""
    provider = trial.provider
    if provider.builtin:
        return upgrade(provider)
    if trial.expired:
        return f"give it longer: losskit doctor --timeout 120; or {upgrade(provider)}"
    if not trial.missing:
        return upgrade(provider)
    wanted = trial.missing.partition(".")[0]
    if wanted == provider.module.partition(":")[0].partition(".")[0]:
        return reinstall(provider.distribution)
    if wanted == "losskit":
        return f"it was written for another losskit: pip install --upgrade losskit {provider.distribution}"
    return f"{_get(wanted, provider)}; or {leave_out(provider)}"


def advice(trial: Trial) -> str:
    """What to do about a plugin that works, and is slow or meddles with what belongs to everybody."""
    parts = []
    if trial.slow or any(trace.startswith("imports ") for trace in trial.traces):
        parts.append(
            "its module should import nothing heavier than losskit.spec and leave torch to the loss's own module"
        )
    if any(not trace.startswith("imports ") for trace in trial.traces):
        parts.append("its import should do nothing but define the plugin")
    return f"{' and '.join(parts)}: {AUTHOR}, or leave it out: losskit --plugins builtin"


def _get(module: str, provider: Provider) -> str:
    """How to get a module that a plugin lacks: by the extra that brings it, where its distribution has one."""
    package = _INSTALLED_AS.get(module, module.replace("_", "-"))
    for line in _requirements(provider.distribution):
        name, extra = _REQUIREMENT.match(line), _EXTRA.search(line)
        if name is not None and _same(name[1], package):
            return f"pip install '{provider.distribution}[{extra[1]}]'" if extra else f"pip install {name[1]}"
    return f"pip install {package} (or what else has the module {module})"


def _requirements(distribution: str) -> list[str]:
    try:
        return requires(distribution) or []
    except (PackageNotFoundError, OSError, ValueError):
        return []


def _same(one: str, other: str) -> bool:
    return re.sub(r"[-_.]+", "-", one).lower() == re.sub(r"[-_.]+", "-", other).lower()
