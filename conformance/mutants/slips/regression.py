"""Slips in losses of real targets."""

from losskit.conformance.mutants.model import Edit, Mutant

RESIDUAL = "widen(input) - widen(target)"
HUBER = "return huber_residual(widen(input), widen(target), self.delta)"

MUTANTS = (
    Mutant(
        name="mse-half",
        loss="mse",
        caught_by="ReducesTo",
        story="The square comes with the factor 1/2 of the other convention.",
        edits=(Edit("squared_residual(widen", "0.5 * squared_residual(widen"),),
    ),
    Mutant(
        name="mse-broadcasts",
        loss="mse",
        caught_by="RejectsBadInput",
        story="A column of predictions and a row of targets are broadcast to a matrix, as frameworks do with a warning.",
        edits=(
            Edit(
                "self.check(input, target, sample_weight=sample_weight)",
                "torch.broadcast_shapes(input.shape, target.shape)",
                file="base",
            ),
        ),
    ),
    Mutant(
        name="mae-root-of-square",
        loss="mae",
        caught_by="ZeroAt",
        story="An epsilon below the root rounds the kink and leaves a loss at the target.",
        edits=(Edit(f"({RESIDUAL}).abs()", f"(({RESIDUAL}) ** 2 + 1e-6).sqrt()"),),
    ),
    Mutant(
        name="mae-squared-below-one",
        loss="mae",
        caught_by="TriangleInequality",
        story="Small residuals are squared, the smooth loss of another name.",
        edits=(
            Edit(
                f"return ({RESIDUAL}).abs()",
                f"size = ({RESIDUAL}).abs()\n        return size * size.clamp(max=1.0)",
            ),
        ),
    ),
    Mutant(
        name="mae-unequal-slopes",
        loss="mae",
        caught_by="Elicits",
        story="Misses from below cost more, and the best prediction is another quantile.",
        edits=(
            Edit(
                f"return ({RESIDUAL}).abs()",
                f"residual = {RESIDUAL}\n        return residual.abs() - 0.1 * residual",
            ),
        ),
    ),
    Mutant(
        name="huber-over-delta",
        loss="huber",
        caught_by="Homogeneous",
        story="The loss is divided by delta, which makes it smooth L1.",
        edits=(Edit("widen(target), self.delta)", "widen(target), self.delta) / self.delta"),),
    ),
    Mutant(
        name="huber-branches-apart",
        loss="huber",
        caught_by="Continuous",
        story="The linear branch starts without its offset, and the two branches no longer meet.",
        edits=(
            Edit(
                HUBER,
                f"residual = {RESIDUAL}\n        clipped = residual.clamp(-self.delta, self.delta)\n"
                "        return clipped * residual * (1 - 0.5 * (residual == clipped).to(residual.dtype))",
            ),
        ),
    ),
    Mutant(
        name="huber-without-half",
        loss="huber",
        caught_by="Smooth",
        story="The quadratic branch is the whole square.",
        edits=(
            Edit(HUBER, f"residual = {RESIDUAL}\n        return residual.clamp(-self.delta, self.delta) * residual"),
        ),
    ),
    Mutant(
        name="two_hot-bins-not-locations",
        loss="two_hot",
        caught_by="MatchesReference",
        story="The spacing is the support over K, the width of bins, and the last location lies inside the support.",
        edits=(Edit("* (count - 1), 0, count - 1)", "* count, 0, count - 1)", file="ops.support"),),
    ),
    Mutant(
        name="two_hot-nearest-location",
        loss="two_hot",
        caught_by="ReducesTo",
        story="The target is rounded to its nearest location instead of split between two.",
        edits=(
            Edit(
                "self.min_value, self.max_value, scores.size(1))",
                "self.min_value, self.max_value, scores.size(1)).round()",
            ),
        ),
    ),
    Mutant(
        name="two_hot-not-clipped",
        loss="two_hot",
        caught_by="WorkedExamples",
        story="A target outside the support is not moved to its end, and the shares of its neighbours leave [0, 1].",
        edits=(
            Edit(
                "torch.clamp((values - low) / (high - low) * (count - 1), 0, count - 1)",
                "(values - low) / (high - low) * (count - 1)",
                file="ops.support",
            ),
        ),
    ),
    Mutant(
        name="categorical_projection-lost-mass",
        loss="categorical_projection",
        caught_by="ReducesTo",
        story="An atom on a location is its own lower and upper neighbour, and both of its shares are 0.",
        edits=(
            Edit(
                "return moved(next_probs, places(returns, self.min_value, self.max_value, count))",
                "place = places(returns, self.min_value, self.max_value, count)\n"
                "        return moved(next_probs * (place != place.floor()).to(place.dtype), place)",
            ),
        ),
    ),
    Mutant(
        name="categorical_projection-discounted-reward",
        loss="categorical_projection",
        caught_by="MatchesReference",
        story="The reward is discounted along with the next value.",
        edits=(
            Edit(
                "returns = reward.unsqueeze(-1) + discount.unsqueeze(-1) * locations",
                "returns = discount.unsqueeze(-1) * (reward.unsqueeze(-1) + locations)",
            ),
        ),
    ),
    Mutant(
        name="categorical_projection-gradient-to-target",
        loss="categorical_projection",
        caught_by="MatchesReference",
        story="The target network's distribution is not detached.",
        edits=(Edit("next_probs.detach().to(dtype)", "next_probs.to(dtype)"),),
    ),
)
