"""Slips in losses of log-probabilities, scores and scalar targets."""

from losskit.conformance.mutants.model import Edit, Mutant

SCALED = "return self.reduce(self.value(self.beta * margin), None, sample_weight)"
DIFFERENCE = "widen(policy_chosen_logps) - widen(policy_rejected_logps)"
SMOOTHED = "return (1 - self.label_smoothing) * softplus(-z) + self.label_smoothing * softplus(z)"
PLACE = "edges = (edges - place.unsqueeze(-1)) / self.sigma_ratio"

MUTANTS = (
    Mutant(
        name="dpo-reference-added",
        loss="dpo",
        caught_by="MatchesReference",
        story="The reference margin is added to the policy's instead of subtracted.",
        edits=(Edit("margin = margin - reference", "margin = margin + reference"),),
    ),
    Mutant(
        name="dpo-reference-not-detached",
        loss="dpo",
        caught_by="MatchesReference",
        story="The stop-gradient is missing, so the frozen reference model is trained.",
        edits=(Edit("reference.detach().to(", "reference.to("),),
    ),
    Mutant(
        name="dpo-rejected-detached",
        loss="dpo",
        caught_by="MatchesReference",
        story="The dispreferred completion is computed without gradients to save memory.",
        edits=(Edit(DIFFERENCE, f"{DIFFERENCE}.detach()"),),
    ),
    Mutant(
        name="dpo-beta-outside",
        loss="dpo",
        caught_by="Smooth",
        story="Beta multiplies the loss, not the margin inside it.",
        edits=(Edit("self.value(self.beta * margin)", "self.beta * self.value(margin)"),),
    ),
    Mutant(
        name="dpo-smoothing-exchanged",
        loss="dpo",
        caught_by="ReducesTo",
        story="The flip probability weighs the preferred order.",
        edits=(
            Edit(SMOOTHED, "return self.label_smoothing * softplus(-z) + (1 - self.label_smoothing) * softplus(z)"),
        ),
    ),
    Mutant(
        name="dpo-smoothing-subtracted",
        loss="dpo",
        caught_by="NonNegative",
        story="The flipped term is subtracted as in the unbiased variant, without that variant's normalisation.",
        edits=(Edit("softplus(-z) + self.label_smoothing", "softplus(-z) - self.label_smoothing"),),
    ),
    Mutant(
        name="dpo-difference-in-half-precision",
        loss="dpo",
        caught_by="DTypeStable",
        story="Sums over hundreds of tokens are subtracted in half precision and widened afterwards.",
        edits=(Edit(DIFFERENCE, "widen(policy_chosen_logps - policy_rejected_logps)"),),
    ),
    Mutant(
        name="dpo-log-of-sigmoid",
        loss="dpo",
        caught_by="FiniteOn",
        story="The logarithm is taken of a sigmoid that is 0.",
        edits=(Edit("return softplus(-z)  #", "return -torch.sigmoid(z).log()  #"),),
    ),
    Mutant(
        name="dpo-branch-on-data",
        loss="dpo",
        caught_by="Compiles",
        story="A debugging branch on the margin's values breaks the compiled graph.",
        edits=(
            Edit(
                SCALED,
                f"if bool((margin.abs() > 1e6).any()):\n            margin = margin.clamp(-1e6, 1e6)\n        {SCALED}",
            ),
        ),
    ),
    Mutant(
        name="mann_whitney-temperature-squared",
        loss="mann_whitney",
        caught_by="Homogeneous",
        story="Gaps are divided by the temperature twice, once by the caller's convention.",
        edits=(
            Edit("LogisticPairs(self.temperature)", "LogisticPairs(self.temperature**2)"),
            Edit("negative_weight, self.temperature)", "negative_weight, self.temperature**2)"),
        ),
    ),
    Mutant(
        name="mann_whitney-gradient-without-temperature",
        loss="mann_whitney",
        caught_by="Differentiable",
        story="The hand-written gradient of the block form forgets the inner derivative 1/T.",
        edits=(Edit("* positive_weight[own] / self.temperature", "* positive_weight[own]", file="ops.logistic_pairs"),),
    ),
    Mutant(
        name="mann_whitney-always-over-pairs",
        loss="mann_whitney",
        caught_by="MatchesReference",
        story="The sum is divided by the pairs where the paper's batch loss divides by the positives.",
        edits=(Edit('if self.normalize == "pairs":', 'if self.normalize != "":'),),
    ),
    Mutant(
        name="mann_whitney-diagonal-kept",
        loss="mann_whitney",
        caught_by="WorkedExamples",
        story="In the matrix form each positive also meets itself among the negatives.",
        edits=(Edit("weight.masked_fill(diagonal, 0.0).flatten()", "weight.flatten()"),),
    ),
    Mutant(
        name="mann_whitney-nan-without-negatives",
        loss="mann_whitney",
        caught_by="WorkedExamples",
        story="A batch without negatives divides 0 by 0.",
        edits=(Edit("torch.where(opposed > 0, opposed, torch.ones_like(opposed))", "opposed"),),
    ),
    Mutant(
        name="mann_whitney-gap-reversed",
        loss="mann_whitney",
        caught_by="Monotone",
        story="The gap is formed the wrong way round, so negatives are pushed above positives.",
        edits=(
            Edit(
                "(negatives.unsqueeze(0) - positives.unsqueeze(1)) /",
                "(positives.unsqueeze(1) - negatives.unsqueeze(0)) /",
                file="ops.logistic_pairs",
            ),
            Edit(
                "(negatives - positives[own].unsqueeze(1))",
                "(positives[own].unsqueeze(1) - negatives)",
                file="ops.logistic_pairs",
            ),
        ),
    ),
    Mutant(
        name="mann_whitney-state-not-restored",
        loss="mann_whitney",
        caught_by="Deterministic",
        story="The temperature is annealed by every call and never restored, in evaluation too.",
        edits=(
            Edit(
                "scores = widen(logits)", "self.temperature = self.temperature * 0.999\n        scores = widen(logits)"
            ),
        ),
    ),
    Mutant(
        name="hl_gauss-bins-off-by-one",
        loss="hl_gauss",
        caught_by="WorkedExamples",
        story="K edges are laid over the support where K + 1 bound K bins.",
        edits=(Edit("(self.max_value - self.min_value) * bins", "(self.max_value - self.min_value) * (bins - 1)"),),
    ),
    Mutant(
        name="hl_gauss-not-normalised",
        loss="hl_gauss",
        caught_by="ReducesTo",
        story="The mass outside the support is lost instead of shared out.",
        edits=(Edit("histogram = masses / masses.sum(dim=-1, keepdim=True)", "histogram = masses"),),
    ),
    Mutant(
        name="hl_gauss-target-not-clamped",
        loss="hl_gauss",
        caught_by="WorkedExamples",
        story="Targets outside the support are let through, and their histogram is 0/0.",
        edits=(Edit("place = torch.clamp(place, 0, bins)", "place = place"),),
    ),
    Mutant(
        name="hl_gauss-epsilon-in-histogram",
        loss="hl_gauss",
        caught_by="MatchesReference",
        story="An epsilon keeps empty bins from vanishing and moves every target towards the middle.",
        edits=(Edit("masses = interval_masses(edges)", "masses = interval_masses(edges) + 1e-6"),),
    ),
    Mutant(
        name="hl_gauss-target-not-detached",
        loss="hl_gauss",
        caught_by="MatchesReference",
        story="Bootstrapped targets are not detached, so the value function chases its own tail.",
        edits=(Edit("target.detach().to(", "target.to("),),
    ),
    Mutant(
        name="hl_gauss-absolute-sigma",
        loss="hl_gauss",
        caught_by="Homogeneous",
        story="Sigma is read in the target's units where it counts bin widths.",
        edits=(Edit(PLACE, f"{PLACE} * (self.max_value - self.min_value) / bins"),),
    ),
    Mutant(
        name="hl_gauss-single-precision-inside",
        loss="hl_gauss",
        caught_by="MatchesReference",
        story="The histogram is computed in float32 whatever the scores' dtype.",
        edits=(Edit("target.detach().to(log_probabilities.dtype)", "target.detach().to(torch.float32)"),),
    ),
    Mutant(
        name="hl_gauss-dithered-target",
        loss="hl_gauss",
        caught_by="Deterministic",
        story="Targets are dithered with the global generator, which nobody seeds or restores.",
        edits=(
            Edit(
                "place = (target - self.min_value)",
                "target = target + 1e-3 * torch.rand_like(target)\n        place = (target - self.min_value)",
            ),
        ),
    ),
)
