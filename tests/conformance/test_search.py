"""How parameters, sizes and inputs are drawn, how ascent climbs, and how witnesses are made small."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

import pytest
import torch

from losskit import get
from losskit.conformance.laws.analytic import Jensen, constant
from losskit.conformance.laws.base import Sides
from losskit.conformance.profiles import PROFILES
from losskit.conformance.search.climb import climb
from losskit.conformance.search.domains import project
from losskit.conformance.search.edge import edge_case
from losskit.conformance.search.inputs import NoAdmissibleDataError, draw, stack, take
from losskit.conformance.search.palette import PALETTE, between
from losskit.conformance.search.parameters import fill_numbers, fits, neighbouring_draws, parameter_draws, size_draws
from losskit.conformance.search.scope import Search
from losskit.conformance.search.shrink import shrink
from losskit.conformance.subject import Subject
from losskit.registry import builtin
from losskit.spec import Above, AtLeast, Between
from losskit.spec.coupling import batch_symbol
from losskit.spec.errors import InputError
from losskit.spec.expressions import symbol
from losskit.spec.properties import Convex
from losskit.spec.regimes import condition


def test_settings_begin_with_the_defaults_and_hold_closed_ends() -> None:
    draws = parameter_draws(get("comp_sum"), {"tau": Between(0.5, 1.5)}, random.Random(0), 6)
    assert draws[0] == {"tau": 1.0}
    assert {"tau": 0.5} in draws
    assert {"tau": 1.5} in draws
    assert all(0.5 <= draw["tau"] <= 1.5 for draw in draws)


def test_open_ends_are_approached_and_never_drawn() -> None:
    draws = parameter_draws(get("comp_sum"), {"tau": Between(1, 2, "neither")}, random.Random(0), 8)
    taus = [draw["tau"] for draw in draws]
    assert all(1 < tau < 2 for tau in taus)
    assert min(taus) == pytest.approx(1.05)
    assert max(taus) == pytest.approx(1.95)


def test_the_limit_of_a_parameter_is_drawn_where_its_regime_holds_it() -> None:
    draws = parameter_draws(get("ldr_kl"), {"lam": Between(0, math.inf)}, random.Random(0), 6)
    assert {0.0, math.inf} <= {draw["lam"] for draw in draws}


def test_settings_respect_relations_between_parameters() -> None:
    draws = parameter_draws(get("hl_gauss"), {}, random.Random(0), 12)
    assert len(draws) == 12
    assert all(draw["min_value"] < draw["max_value"] for draw in draws)


@pytest.mark.parametrize("seed", range(3))
def test_settings_follow_from_the_seed(seed: int) -> None:
    one, two = (parameter_draws(get("dpo"), {}, random.Random(seed), 8) for _ in range(2))
    assert one == two


@pytest.mark.parametrize("when", [{}, {"K": AtLeast(2)}, {"K": AtLeast(7)}])
def test_sizes_are_never_below_the_least_of_the_loss(when: dict[str, Any]) -> None:
    draws = size_draws(get("two_hot"), {name: condition(value) for name, value in when.items()}, random.Random(0), 40)
    assert min(draw["K"] for draw in draws) == (7 if when == {"K": AtLeast(7)} else 2)


def test_rows_of_distributions_sum_to_one_from_nearly_uniform_to_one_class() -> None:
    subject = Subject(get("categorical_projection"), {})
    rows = draw(subject, {"K": 4}, 200, random.Random(0))["next_probs"]
    torch.testing.assert_close(rows.sum(1), torch.ones(200, dtype=torch.float64))
    assert rows.amax(1).min() < 0.2501
    assert rows.amax(1).max() == 1


def test_sizes_keep_to_the_regime() -> None:
    spec = get("comp_sum")
    assert all(sizes["C"] >= 3 for sizes in size_draws(spec, {"C": AtLeast(3)}, random.Random(0), 6))
    assert size_draws(spec, {"C": condition(2)}, random.Random(0), 6) == [{"C": 2}]
    assert {sizes["C"] for sizes in size_draws(spec, {}, random.Random(0), 6)} >= {1, 2, 3, 10}


def test_lists_of_numbers_get_the_length_of_the_axis() -> None:
    filled = fill_numbers(
        get("cross_entropy"), {**_defaults("cross_entropy"), "class_weights": True}, {"C": 4}, random.Random(0)
    )
    assert len(filled["class_weights"]) == 4
    assert all(weight > 0 for weight in filled["class_weights"])


def test_no_parameter_exceeds_the_size_that_bounds_it() -> None:
    drawn = [(s.parameters["k"], z["C"]) for _, s, z in Search(get("ldr_k"), PROFILES["standard"], 0).subjects({})]
    assert all(k <= classes for k, classes in drawn)
    assert len({k for k, _ in drawn}) > 2


def _defaults(name: str) -> dict[str, object]:
    return {p.name: p.default for p in get(name).parameters.fields}


@pytest.mark.parametrize("name", builtin())
def test_every_loss_accepts_what_is_drawn_for_it(name: str) -> None:
    spec = get(name)
    for sizes in size_draws(spec, {}, random.Random(1), 4):
        subject = Subject(spec, {})
        if not fits(spec, subject.parameters, sizes):
            continue
        data = draw(subject, sizes, 6, random.Random(2))
        assert subject.value(data).isfinite().all()


def test_rows_are_drawn_at_many_scales_and_some_with_ties() -> None:
    data = draw(Subject(get("comp_sum"), {}), {"C": 5}, 400, random.Random(0))
    largest = data["logits"].abs().amax(1)
    assert largest.min() < 1e-4
    assert largest.max() > 1e3
    assert (data["logits"].sort(1).values.diff(dim=1) == 0).any()


def test_structured_rows_hold_the_palette_and_ties() -> None:
    subject = Subject(get("comp_sum"), {})
    rows = draw(subject, {"C": 3}, 400, random.Random(0), (0.1, 3.0), ties=0.0, palette=between(1e-12, 3.0))["logits"]
    telling = torch.isin(rows, torch.tensor(between(1e-12, 3.0), dtype=torch.float64)).all(1)
    assert 20 < int(telling.sum()) < 90
    assert {*between(1e-12, 3.0)} == {*rows[telling].flatten().tolist()}
    assert {0.0, 3.0, -1e-8} <= {*between(1e-12, 3.0)}
    assert 1e-30 not in between(1e-12, 3.0)
    assert bool((rows[telling].sort(1).values.diff(dim=1) == 0).any())
    assert not draw(subject, {"C": 3}, 400, random.Random(0), (0.1, 3.0), ties=0.0)["logits"].eq(-1e-8).any()


def test_structured_shares_are_distributions_with_single_classes_among_them() -> None:
    rows = draw(Subject(get("categorical_projection"), {}), {"K": 4}, 200, random.Random(0), palette=PALETTE)[
        "next_probs"
    ]
    torch.testing.assert_close(rows.sum(1), torch.ones(200, dtype=torch.float64))
    assert bool((rows == 1).any())
    assert bool((rows == 0).any())


def test_settings_take_turns_at_sizes_unless_each_must_come_at_every_one() -> None:
    budget = PROFILES["standard"]
    search = Search(get("comp_sum"), budget, seed=0)

    def sizes(every: bool) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, _, at in search.subjects({}, every):
            found.setdefault(number, []).append(at["C"])
        return found

    whole, turns = sizes(True), sizes(False)
    assert len({tuple(each) for each in whole.values()}) == 1
    assert turns[0] == whole[0]
    assert [len(turns[number]) for number in (1, 2, 3)] == [budget.turns] * 3
    assert {*turns[1]} | {*turns[2]} == {*whole[0]} - {1}


def test_lists_drawn_for_a_setting_do_not_depend_on_the_sizes_before_it() -> None:
    search = Search(get("cross_entropy"), PROFILES["quick"], seed=0)
    whole = [(n, at, s.parameters) for n, s, at in search.subjects({}, every=True)]
    turns = [(n, at, s.parameters) for n, s, at in search.subjects({}, every=False)]
    assert len(turns) < len(whole)
    assert all(one in whole for one in turns)


def test_ordered_scores_are_drawn_and_kept_in_order() -> None:
    subject = Subject(get("ordinal_softmax_nll"), {})
    data = draw(subject, {"T": 4}, 200, random.Random(0))
    assert (data["logits"].diff(dim=1) < 0).all()
    assert data["target"].amax() == 4
    moved = project(subject, {**data, "logits": -data["logits"], "_logits": data["logits"]}, ("", "_"))
    assert (moved["logits"].diff(dim=1) < 0).all()
    torch.testing.assert_close(moved["_logits"], data["logits"])


def test_a_loss_that_refuses_its_own_domain_is_told_apart() -> None:
    with pytest.raises(NoAdmissibleDataError, match="was refused"):
        draw(Subject(get("linear_cross_entropy"), {"shift": 500}), {"D": 2, "V": 3}, 2, random.Random(0))


def test_more_rows_are_drawn_where_a_parameter_needs_them() -> None:
    data = draw(Subject(get("linear_cross_entropy"), {"shift": 5}), {"D": 2, "V": 3}, 2, random.Random(0))
    assert len(data["target"]) > 5


def test_taking_and_stacking_rows_gives_the_batch_back() -> None:
    subject = Subject(get("linear_cross_entropy"), {})
    data = draw(subject, {"D": 3, "V": 4}, 5, random.Random(3))
    rows = [take(subject, data, row) for row in range(5)]
    assert rows[0]["weight"] is data["weight"]  # one matrix serves all rows
    again = stack(subject, rows)
    assert all(torch.equal(again[name], data[name]) for name in data)


def test_ascent_finds_what_chance_missed() -> None:
    law = Jensen(Convex(on="logits").holds())
    subject = Subject(get("comp_sum"), {"tau": 1.3})
    rng = random.Random(0)
    data = law.prepare(subject, draw(subject, {"C": 3}, 200, rng, (0.3,)), rng)
    fine = (law.sides(subject, data).ratio() == 0).nonzero().reshape(-1).tolist()
    start = stack(subject, [take(subject, data, row) for row in fine])
    _, sides = climb(law, subject, start, 60)
    assert float(sides.ratio().max()) > 10


def test_the_edge_layer_shrinks_to_a_simple_case() -> None:
    law = Jensen(Convex(on="logits").holds())
    found, tried, worst = edge_case(law, [(Subject(get("mae_classification"), {}), {"C": 2})], 200, 0)
    assert tried > 0
    assert worst > 10
    assert found is not None
    assert found[1]["logits"].shape == (1, 2)


def test_shrinking_keeps_what_breaks() -> None:
    data = {"x": torch.tensor([0.12345, 2.34567, -9.87654]), "y": torch.tensor([1.5])}
    small = shrink(data, ("x",), lambda d: float(d["x"][1]) > 2)
    assert small["x"].tolist() == [0.0, pytest.approx(2.3), 0.0]
    assert small["y"] is data["y"]


@pytest.mark.parametrize(
    ("left", "right", "relation", "ratio"),
    [
        (1.0, 1.0, "equal", 0.0),
        (1.0, 2.0, "at_most", 0.0),
        (math.inf, math.inf, "equal", 0.0),
        (2.0, 1.0, "at_most", 5e8),
        (math.nan, 1.0, "at_most", math.inf),
        (-math.inf, 0.0, "at_most", 0.0),
        (math.inf, 0.0, "at_most", math.inf),
    ],
)
def test_the_violation_is_counted_in_tolerances(left: float, right: float, relation: str, ratio: float) -> None:
    sides = Sides(torch.tensor([left]), torch.tensor([right]), relation)  # type: ignore[arg-type]
    assert float(sides.ratio()) == pytest.approx(ratio, rel=1e-3)


def test_a_setting_outside_its_regime_is_never_drawn() -> None:
    draws = parameter_draws(get("crammer_singer"), {"margin": Above(0)}, random.Random(0), 6)
    assert all(draw["margin"] > 0 for draw in draws)


def test_a_claim_on_a_regime_is_asked_without_the_input_that_replaces_the_parameter() -> None:
    law = Jensen(Convex(on="x").holds(when={"epsilon": 0.0}))
    search = Search(get("crrelu"), PROFILES["quick"], seed=0)
    batches = [b for n, s, sizes in search.subjects(law.claim.when) for b in search.batches(law, s, sizes, n)]
    assert batches
    assert not any("epsilon" in batch for batch in batches)


def test_a_constant_is_computed_with_the_input_that_replaces_the_parameter() -> None:
    subject = Subject(get("crrelu"), {"epsilon": 0.5})
    assert constant(2 * symbol("epsilon"), subject, {"x": torch.zeros(2)}) == 1.0
    assert constant(2 * symbol("epsilon"), subject, {"x": torch.zeros(2), "epsilon": torch.tensor(3.0)}) == 6.0


def test_points_are_moved_back_onto_the_simplex() -> None:
    subject = Subject(get("comp_sum_bayes_risk"), {})
    rows = torch.tensor([[0.5, -1.0, 1.5], [-1.0, -2.0, -3.0]], dtype=torch.float64)
    inside = project(subject, {"probs": rows, "_probs": rows}, ("", "_"))
    for name in ("probs", "_probs"):
        torch.testing.assert_close(inside[name], torch.tensor([[0.25, 0.0, 0.75], [1 / 3] * 3], dtype=torch.float64))


def test_every_class_has_a_row_where_the_domain_says_so() -> None:
    subject = Subject(get("nc3_self_duality"), {})
    for rows in (1, 4, 9):
        data = draw(subject, {"C": 4, "D": 3}, rows, random.Random(rows))
        assert data["labels"].unique().tolist() == [0, 1, 2, 3]
    absent = {**data, "labels": data["labels"].clamp(max=2)}
    with pytest.raises(InputError, match="found none of class 3"):
        subject.call(absent)


@pytest.mark.parametrize("name", ["nc1_variability", "multi_similarity"])
def test_labels_that_are_only_compared_are_drawn_from_all_integers(name: str) -> None:
    labels = draw(Subject(get(name), {}), {"D": 3}, 12, random.Random(0))["labels"]
    assert labels.min() < 0 < labels.max()


def test_steps_are_drawn_from_zero_on_for_below_it_there_are_none() -> None:
    spec = get("direct_coverage_step")
    assert not spec.input("step_ids").bears_names  # type: ignore[union-attr]
    assert draw(Subject(spec, {}), {"T": 4, "V": 3}, 12, random.Random(0))["step_ids"].min() >= 0


def test_no_input_is_left_out_of_what_is_drawn_whole() -> None:
    spec = get("mann_whitney")
    drawn = [draw(Subject(spec, {}), {}, 4, random.Random(seed), whole=True) for seed in range(9)]
    assert all(set(data) == {"logits", "target"} for data in drawn)


def test_a_loss_of_one_number_has_the_batch_of_its_inputs_or_none() -> None:
    assert batch_symbol(get("nc3_self_duality")) == "B"
    assert batch_symbol(get("nc2_frame")) == ""
    sizes = size_draws(get("nc2_frame"), {}, random.Random(0), 6)
    assert all(set(drawn) == {"C", "D"} for drawn in sizes)


def test_sizes_below_the_least_of_a_regime_are_left_out() -> None:
    spec = get("nc2_frame")
    assert fits(spec, {"frame": "orthogonal"}, {"C": 1, "D": 2})
    assert not fits(spec, {"frame": "etf"}, {"C": 1, "D": 2})


def test_settings_are_drawn_at_and_next_to_the_ends_of_regimes() -> None:
    drawn = [setting["tau"] for setting in neighbouring_draws(get("comp_sum_bayes_risk"), random.Random(0), 99)]
    for point in (0.0, 1.0, 2.0):
        assert point in drawn
        assert any(0 < tau - point < 0.1 for tau in drawn)
    assert any(0 < 1 - tau < 1e-4 for tau in drawn)
    assert all(tau >= 0 for tau in drawn)
    labels = {s["direction"] for s in neighbouring_draws(get("h_consistency_transform"), random.Random(0), 12)}
    assert labels == {"T", "gamma", "gamma_upper"}
    assert math.inf in [s["lam"] for s in neighbouring_draws(get("ldr_kl"), random.Random(0), 99)]


def test_a_size_that_tells_nothing_is_left_to_the_first_setting() -> None:
    search = Search(get("comp_sum"), replace(PROFILES["quick"], leading=1), seed=0)
    found: dict[int, set[int]] = {}
    for number, _, at in search.subjects({"C": condition({3, 1, 2})}, False, lambda sizes: sizes["C"] == 3):
        found.setdefault(number, set()).add(at["C"])
    assert found == {0: {1, 2}, 1: {3}, 2: {3}, 3: {3}}
