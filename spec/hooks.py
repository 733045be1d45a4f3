"""The hook a plugin implements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from losskit.spec.loss import LossSpec

PROJECT = "losskit"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class LossHooks:
    """Hooks of the entry-point group ``losskit.losses``."""

    @hookspec
    def losskit_loss(self) -> LossSpec:  # type: ignore[empty-body]
        """Return the spec of the loss that this plugin module provides.

        The spec's name must be the entry point's name. The module of the plugin must import nothing heavier than
        ``losskit.spec``: it is imported to describe the loss, long before torch is needed.
        """
