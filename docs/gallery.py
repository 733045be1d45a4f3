"""The losses as pictures: a card each that leads to its page, and a filter by task and text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from losskit.conformance.pictures import Picture
from losskit.spec import LossSpec

PAGE = """---
hide: [toc]
---

# Gallery

Every picture is drawn from the code: the value of a loss and its slope, which automatic differentiation gives, along a path
that says most about it. Rings mark kinks, gaps in a curve are jumps. Losses of several classes are also shown over the
probabilities of three classes, the label fixed, where dashes part the classes that rank first; losses that see more than
probabilities, over the plane of scores that sum to 0. Where a loss has a parameter that bends its curves, its values are those
that claims and examples speak of. `losskit describe NAME --plot loss.svg` draws the same.

{form}

<div class="gallery filtered">
{cards}
</div>
"""


def page(shown: Sequence[tuple[LossSpec, Picture]]) -> str:
    """The page as Markdown."""
    cards = "\n".join(_card(spec, picture) for spec, picture in shown)
    return PAGE.format(form=form([spec for spec, _ in shown]), cards=cards)


def form(specs: Sequence[LossSpec], more: str = "") -> str:
    """Controls that the script of the page shows and reads: text, task, and what else a page has."""
    tasks = "".join(f"<option>{task}</option>" for task in dict.fromkeys(sorted(spec.task for spec in specs)))
    return (
        '<form class="loss-filters" hidden aria-label="Filters">'
        '<label>Loss <input type="search" name="text" placeholder="part of a name" autocomplete="off"></label>'
        f'<label>Task <select name="task"><option value="">all</option>{tasks}</select></label>{more}'
        '<button type="reset">Show all</button><output aria-live="polite"></output></form>'
    )


def facts(spec: LossSpec) -> str:
    """What the filter reads of a loss, as attributes."""
    text = f"{spec.name} {spec.title} {spec.summary}".lower()
    return f'data-loss="{spec.name}" data-task="{spec.task}" data-text="{escape(text)}"'


def figure(picture: Picture, folder: str) -> str:
    """A picture in a page."""
    words = escape(picture.in_words())
    return f'<img class="loss-picture" src="{folder}{picture.name}.svg" alt="{words}">'


def _card(spec: LossSpec, picture: Picture) -> str:
    image = figure(picture, "../pictures/").replace("<img ", '<img loading="lazy" ')
    return (
        f'<a class="card" href="../{spec.name}/" {facts(spec)}>{image}'
        f"<span><code>{spec.name}</code> {spec.task}</span></a>"
    )
