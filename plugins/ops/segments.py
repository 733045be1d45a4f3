"""Segments: positions of a row that bear the same id, wherever they stand."""

import torch
from torch import Tensor


def segment_places(ids: Tensor) -> tuple[Tensor, Tensor]:
    """Where each position's segment is put, (B, T), and how many segments each row has, (B,).

    Positions of one row share a segment where their ids are equal; the ids are any numbers, and segments are put in their
    order, from place 0. One whose id is -1 is not counted where no id is below it: so what belongs to no segment may be
    given a place of its own, before all others.
    """
    ordered, order = ids.sort(dim=1)
    before = torch.nn.functional.pad(ordered, [1, 0], value=-1.0)[:, :-1]
    opens = (ordered != before).to(torch.int64)  # what comes first with the id -1 is like what was padded
    opened = opens.cumsum(dim=1)
    places = torch.zeros_like(order).scatter(1, order, opened - opened[:, :1])
    return places, opens.sum(dim=1)


def segment_sums(values: Tensor, places: Tensor) -> Tensor:
    """Sums of the values, (B, T), put at their places, (B, T); as many places as positions, 0 where nothing is put.

    The same bits come out every time: on CUDA ``scatter_add`` adds in any order and ``index_put`` in one, on a CPU with
    several threads it is the other way round.
    """
    nothing = torch.zeros_like(values)
    if values.is_cuda:
        rows = torch.arange(values.size(0), device=values.device).unsqueeze(1).expand_as(places)
        return nothing.index_put([rows, places], values, accumulate=True)
    return nothing.scatter_add(1, places, values)
