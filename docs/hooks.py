"""Hooks of the documentation build: a navigation entry for every loss, and roles of docstrings as plain code."""

import re
from typing import Any

from losskit import registry

ROLE = re.compile(r":(?:class|func|meth|mod|data|attr):<code>~?([^<]+)</code>")


def on_config(config: Any) -> Any:
    """Put the pages that ``gen_pages.py`` writes below the entry Losses."""
    entry = next(item for item in config["nav"] if "Losses" in item)
    pages = [{registry.get(name).title: f"losses/{name}.md"} for name in registry.builtin()]
    overviews = {"All losses": "index", "Gallery": "gallery", "Matrix": "matrix", "Relations": "lattice"}
    entry["Losses"] = [*({title: f"losses/{name}.md"} for title, name in overviews.items()), *pages]
    return config


def on_page_content(html: str, **_: Any) -> str:
    """Show the roles of a docstring (``:func:`` and so on) as the name they point to."""
    return ROLE.sub(r"<code>\1</code>", html)
