"""The least conditional risks of losses whose minimisers are known, and what certifies them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from losskit import get
from losskit.conformance.decision.bfgs import minimise
from losskit.conformance.decision.calibration import Decisions, rivals
from losskit.conformance.decision.distributions import clear, distributions, margin, nearly_tied
from losskit.conformance.decision.kinks import on_simplex, residual, shortest_mixture
from losskit.conformance.decision.problem import Solution
from losskit.conformance.decision.ranking import Ranking
from losskit.conformance.decision.risk import Risk
from losskit.conformance.decision.solver import lowered, solve
from losskit.conformance.subject import Subject

STEPS = 80


def risk_of(name: str, **parameters: float) -> Risk:
    found = Risk.of(Subject(get(name), parameters))
    assert found is not None
    return found


def free(risk: Risk, p: Tensor) -> Solution:
    return solve(risk, p, Ranking.free(p), 0, STEPS)


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
def test_the_least_risk_of_cross_entropy_is_the_entropy_at_log_p(classes: int) -> None:
    p = distributions(classes, 100, 0, "cpu")
    solved = free(risk_of("cross_entropy"), p)
    torch.testing.assert_close(solved.value, torch.special.entr(p).sum(1), rtol=0, atol=1e-12)
    torch.testing.assert_close(solved.rows.softmax(1), p, rtol=0, atol=1e-6)
    assert solved.slack.max() < 1e-9


@pytest.mark.parametrize("tau", [0.0, 0.5, 1.5])
def test_the_least_risk_of_comp_sum_is_its_generalised_entropy(tau: float) -> None:
    p = distributions(5, 60, 1, "cpu")
    power = (p ** (1 / (2 - tau))).sum(1) ** (2 - tau)
    exact = (power - 1) / (1 - tau)
    solved = free(risk_of("comp_sum", tau=tau), p)
    assert (exact <= solved.value + 1e-12).all()
    assert (exact >= solved.value - solved.slack).all(), "the certificate promises too much"
    assert solved.slack.max() < 1e-6


@pytest.mark.parametrize("tau", [2.0, 3.0])
def test_an_infimum_at_infinity_is_reached_on_a_face(tau: float) -> None:
    p = distributions(4, 60, 2, "cpu")
    solved = free(risk_of("comp_sum", tau=tau), p)
    torch.testing.assert_close(solved.value, (1 - p.amax(1)) / (tau - 1), rtol=0, atol=1e-12)


def test_the_hinge_of_a_distribution_without_majority_is_least_at_equal_scores_and_its_kink_is_certified() -> None:
    p = torch.tensor([[0.4, 0.3, 0.3], [0.7, 0.2, 0.1]], dtype=torch.float64)
    solved = free(risk_of("crammer_singer"), p)
    assert solved.value.tolist() == pytest.approx([1.0, 0.6], abs=1e-9)
    assert solved.slack.max() < 1e-5


def test_the_hinge_of_a_nearly_sure_class_is_least_at_the_margin_at_the_far_end_of_a_flat_piece() -> None:
    p = torch.tensor([[8.411438224801356e-06, 1 - 8.411438224801356e-06]], dtype=torch.float64)
    solved = free(risk_of("hinge", margin=0.05).measured(2), p)
    assert solved.value.item() == pytest.approx(2 * 0.05 * p[0, 0].item(), rel=1e-9)
    assert solved.slack.item() < 1e-10


def test_a_risk_without_a_lower_bound_is_never_certified_as_finite() -> None:
    p = torch.tensor([[0.6, 0.3, 0.1]], dtype=torch.float64)
    solved = free(risk_of("ldr_kl", lam=math.inf), p)
    assert solved.value.item() == -math.inf or solved.slack.item() > 1.0


def test_a_minimum_on_a_face_is_found_from_a_row_that_lies_lower_than_the_one_found_inside() -> None:
    p = torch.tensor([[0.4173, 0.3353, 0.2474]], dtype=torch.float64)
    risk = risk_of("generalized_cross_entropy", q=0.7, truncation=0.05)
    tied = torch.tensor([[[20.0, 20.0, -20.0]]], dtype=torch.float64)
    found = lowered(risk, p, free(risk, p), tied, 0, STEPS)
    tilted = p[0, :2] ** (1 / 0.3) / (p[0, :2] ** (1 / 0.3)).sum()  # the two likeliest classes alone, the third pruned
    least = (p[0, :2] * (1 - tilted**0.7)).sum() / 0.7 + p[0, 2] * (1 - 0.05**0.7) / 0.7
    assert found.value.item() == pytest.approx(float(least), abs=1e-12)
    assert found.rows[0, :2].softmax(0).tolist() == pytest.approx(tilted.tolist(), abs=1e-6)


def test_a_row_that_gives_up_the_likeliest_class_is_followed_with_its_scores_in_the_order_of_p() -> None:
    p = torch.full((1, 10), 0.0989, dtype=torch.float64)
    p[0, 3] = 1 - p[0, :3].sum() - p[0, 4:].sum()
    given_up = torch.tensor([2, 3, 5, 6])  # truncated: a minimum among the rows around it
    row = torch.full_like(p, 25.0).index_fill(1, given_up, -20.0)
    risk = risk_of("generalized_cross_entropy", q=0.0748, truncation=0.05)
    solved = Solution(risk(row, p), torch.zeros(1, dtype=torch.float64), row)
    others = rivals(row.unsqueeze(0), Decisions(p, p), [(0, int(p[0].argsort(descending=True)[-1]))])
    assert 3 in others[-1, 0].topk(6).indices
    found = lowered(risk, p, solved, others, 0, STEPS)
    assert found.value < solved.value - 0.005


def test_ranking_a_wrong_class_first_costs_cross_entropy_the_mean_of_two_probabilities() -> None:
    p = torch.tensor([[0.6, 0.3, 0.1]], dtype=torch.float64)
    held = solve(risk_of("cross_entropy"), p, Ranking.pair(torch.tensor([1]), torch.tensor([0]), 3), 0, STEPS)
    mean = torch.tensor([0.45, 0.45, 0.1], dtype=torch.float64)
    assert held.value.item() == pytest.approx(-float((p[0] * mean.log()).sum()), abs=1e-12)
    assert held.slack.item() < 1e-9


def test_the_same_seed_gives_the_same_bits_and_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    p = [distributions(4, 40, 7, "cpu") for _ in range(2)]
    one, two = (free(risk_of("comp_sum", tau=1.5), each) for each in p)
    assert torch.equal(p[0], p[1])
    assert torch.equal(one.value, two.value)
    assert torch.equal(one.rows, two.rows)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("kind", ["free", "pair", "first"])
def test_rows_keep_their_ranking_and_come_back_from_their_variables(kind: str) -> None:
    x = torch.randn(50, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    top, lower = torch.arange(50) % 4, (torch.arange(50) + 1) % 4
    rankings = {"free": Ranking.free(x), "pair": Ranking.pair(top, lower, 4), "first": Ranking.first(top, 4)}
    ranking = rankings[kind]
    z = ranking.rows(x)
    above = z.gather(1, ranking.top.unsqueeze(1))
    assert (torch.where(ranking.below, above - z, 0.0) >= 0).all()
    torch.testing.assert_close(ranking.rows(ranking.variables(z, 0.0)), z)


def test_bfgs_minimises_smooth_functions_and_functions_with_kinks() -> None:
    start = torch.tensor([[-1.2, 1.0], [3.0, -2.0]], dtype=torch.float64)

    def rosenbrock(x: Tensor, index: Tensor) -> Tensor:
        return 100 * (x[:, 1] - x[:, 0] ** 2) ** 2 + (1 - x[:, 0]) ** 2

    def kinked(x: Tensor, index: Tensor) -> Tensor:
        return x[:, 0].abs() + 10 * (x[:, 1] - x[:, 0]).abs()

    where, value = minimise(rosenbrock, start, 300)
    assert value.max() < 1e-12
    torch.testing.assert_close(where, torch.ones_like(where), rtol=0, atol=1e-5)
    assert minimise(kinked, start, 300)[1].max() < 1e-6


def test_the_shortest_mixture_of_slopes_vanishes_exactly_where_they_surround_zero() -> None:
    around = torch.tensor([[[1.0, 0.0], [-1.0, 1.0], [0.0, -1.0]], [[1.0, 1.0], [1.0, -1.0], [3.0, 0.0]]]).double()
    assert shortest_mixture(around).tolist() == pytest.approx([0.0, 1.0], abs=1e-6)
    assert on_simplex(torch.tensor([[2.0, 0.0], [0.3, 0.3]]).double()).tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_a_kink_through_the_point_has_slopes_on_both_of_its_sides_whatever_is_drawn() -> None:
    at = torch.zeros(5000, 1, dtype=torch.float64)
    assert residual(lambda x, _index: x[:, 0].abs(), at, 0).max() < 1e-9
    assert residual(lambda x, _index: x[:, 0].abs() + 2 * x[:, 0], at, 0).min() == pytest.approx(1.0)


def test_the_shortest_mixture_of_few_slopes_that_surround_zero_is_known_to_the_last_digits() -> None:
    generator = torch.Generator().manual_seed(0)
    corners = torch.randn((50, 3, 2), generator=generator, dtype=torch.float64)
    share = torch.rand((50, 2, 1), generator=generator, dtype=torch.float64)
    corners[:, 2] = -(corners[:, :2] * share).sum(1)
    index = torch.randint(3, (50, 12), generator=generator)
    index[:, :3] = torch.arange(3)
    slopes = corners.gather(1, index.unsqueeze(2).expand(-1, -1, 2))
    assert shortest_mixture(slopes).median() < 1e-12


def test_distributions_are_of_every_kind() -> None:
    p = distributions(4, 200, 3, "cpu")
    torch.testing.assert_close(p.sum(1), torch.ones(len(p), dtype=torch.float64))
    assert p.amax(1).max() > 0.999
    assert p.amax(1).min() < 0.3
    assert margin(clear(p, 2), 2).min() > 0.01
    assert distributions(4, 200, 3, "cpu", majority=True).amax(1).min() > 0.5
    tied = nearly_tied(p, 3, 2)
    torch.testing.assert_close(tied.sum(1), torch.ones(len(p), dtype=torch.float64))
    assert 0 < margin(tied, 2).min() < margin(tied, 2).max() < 0.01
