"""Slips in losses of the margins between scores, and of their spread."""

from losskit.conformance.mutants.model import Edit, Mutant

LIKELIHOOD = "log_likelihood(widen(logits), target)"
AT_LABEL = ".gather(-1, target.unsqueeze(-1)).squeeze(-1)"
HINGE = "return largest_violation(margin_violations(widen(logits), target, self.margin))"
VIOLATIONS = "margin_violations(widen(logits), target, self.margin)"
TEMPERED = "return lam * log_mean_exp(tempered)"

MUTANTS = (
    Mutant(
        name="crammer_singer-margin-at-label",
        loss="crammer_singer",
        caught_by="WorkedExamples",
        story="The margin is added to the label's own term too, so the value never falls below it.",
        edits=(Edit(".scatter_(-1, label, own - own)", "", file="ops.classes"),),
    ),
    Mutant(
        name="crammer_singer-sum-for-maximum",
        loss="crammer_singer",
        caught_by="Lipschitz",
        story="Violations are summed over the wrong classes: the Weston-Watkins hinge under another name.",
        edits=(Edit(HINGE, f"return {VIOLATIONS}.clamp(min=0).sum(dim=-1)"),),
    ),
    Mutant(
        name="crammer_singer-divided-by-classes",
        loss="crammer_singer",
        caught_by="ReducesTo",
        story="The value is divided by the number of classes, as the framework's multi-margin loss does.",
        edits=(Edit(HINGE, f"{HINGE} / logits.size(1)"),),
    ),
    Mutant(
        name="crammer_singer-squared",
        loss="crammer_singer",
        caught_by="Homogeneous",
        story="The squared hinge of a linear solver's default stands for the hinge.",
        edits=(Edit(HINGE, f"{HINGE}.square()"),),
    ),
    Mutant(
        name="crammer_singer-soft-maximum",
        loss="crammer_singer",
        caught_by="MatchesReference",
        story="The maximum is smoothed into a log-sum-exp for its gradients.",
        edits=(Edit(HINGE, f"return {VIOLATIONS}.logsumexp(dim=-1)"),),
    ),
    Mutant(
        name="ldr_kl-without-mean",
        loss="ldr_kl",
        caught_by="ReducesTo",
        story="The 1/C inside the logarithm is dropped.",
        edits=(Edit(TEMPERED, "return lam * tempered.logsumexp(dim=-1)"),),
    ),
    Mutant(
        name="ldr_kl-mean-outside-log",
        loss="ldr_kl",
        caught_by="WorkedExamples",
        story="The 1/C stands outside the logarithm.",
        edits=(Edit(TEMPERED, "return lam * tempered.logsumexp(dim=-1) / violations.size(-1)"),),
    ),
    Mutant(
        name="ldr_kl-temperature-not-restored",
        loss="ldr_kl",
        caught_by="Homogeneous",
        story="Scores are divided by the temperature and the value is not multiplied by it.",
        edits=(Edit(TEMPERED, "return log_mean_exp(tempered)"),),
    ),
    Mutant(
        name="ldr_kl-temperature-squared",
        loss="ldr_kl",
        caught_by="Smooth",
        story="The value is scaled by the squared temperature, as distillation does.",
        edits=(Edit(TEMPERED, "return lam * lam * log_mean_exp(tempered)"),),
    ),
    Mutant(
        name="ldr_kl-unstable-exponentials",
        loss="ldr_kl",
        caught_by="FiniteOn",
        story="Exponentials are summed before the maximum is taken out.",
        edits=(Edit(TEMPERED, "return lam * tempered.exp().mean(dim=-1).log()"),),
    ),
    Mutant(
        name="ldr_kl-limits-exchanged",
        loss="ldr_kl",
        caught_by="ReducesTo",
        story="The limit of temperature 0 returns that of infinite temperature.",
        edits=(Edit("return largest_violation(violations)", "return violations.mean(dim=-1)"),),
    ),
    Mutant(
        name="z_loss-unbiased-deviation",
        loss="z_loss",
        caught_by="MatchesReference",
        story="The framework's default deviation divides by C - 1 where the paper divides by C.",
        edits=(
            Edit(
                "variance = centred.square().mean(dim=-1, keepdim=True)",
                "variance = centred.square().sum(dim=-1, keepdim=True) / max(1, scores.size(-1) - 1)",
            ),
        ),
    ),
    Mutant(
        name="z_loss-epsilon-outside-root",
        loss="z_loss",
        caught_by="MatchesReference",
        story="Epsilon is added to the deviation, not to the variance.",
        edits=(
            Edit(".mean(dim=-1, keepdim=True) + (floor / unit).square()", ".mean(dim=-1, keepdim=True)"),
            Edit(
                "torch.ones_like(variance), variance).sqrt()",
                "torch.ones_like(variance), variance).sqrt() + self.eps / unit",
            ),
        ),
    ),
    Mutant(
        name="z_loss-deviation-detached",
        loss="z_loss",
        caught_by="Differentiable",
        story="The deviation is treated as a running statistic that takes no gradient.",
        edits=(Edit("pick(centred / sigma, target)", "pick(centred / sigma.detach(), target)"),),
    ),
    Mutant(
        name="z_loss-batch-statistics",
        loss="z_loss",
        caught_by="BatchDecomposable",
        story="The mean is taken over the batch, as batch normalisation does.",
        edits=(Edit("relative.mean(dim=-1, keepdim=True)", "relative.mean(dim=0, keepdim=True)"),),
    ),
    Mutant(
        name="z_loss-not-divided-by-sharpness",
        loss="z_loss",
        caught_by="Bounded",
        story="The softplus is sharpened and not scaled back.",
        edits=(Edit("target))) / self.a", "target)))"),),
    ),
    Mutant(
        name="z_loss-scale-kept",
        loss="z_loss",
        caught_by="ScaleInvariant",
        story="Scores are centred and never divided by their deviation.",
        edits=(Edit("pick(centred / sigma, target)", "pick(centred * unit, target)"),),
    ),
    Mutant(
        name="generalized_cross_entropy-clamped-probability",
        loss="generalized_cross_entropy",
        caught_by="MatchesReference",
        story="The probability is clamped at 1e-7, as ports do, which takes the gradient from rows of a hopeless label.",
        edits=(Edit(LIKELIHOOD, f"widen(logits).softmax(dim=-1).clamp(min=1e-7).log(){AT_LABEL}"),),
    ),
    Mutant(
        name="generalized_cross_entropy-not-divided-by-exponent",
        loss="generalized_cross_entropy",
        caught_by="ReducesTo",
        story="1 - p^q is returned: the same minimiser, another learning rate and no cross-entropy in the limit.",
        edits=(Edit("box_cox(-log_p, -self.q)", "box_cox(-log_p, -self.q) * self.q"),),
    ),
    Mutant(
        name="generalized_cross_entropy-truncated-from-the-wrong-side",
        loss="generalized_cross_entropy",
        caught_by="WorkedExamples",
        story="Rows above the threshold become constant: confident rows are pruned instead of hopeless ones.",
        edits=(Edit("log_p <= floor", "log_p >= floor"),),
    ),
    Mutant(
        name="comp_sum_rho_margin-label-in-sum",
        loss="comp_sum_rho_margin",
        caught_by="ZeroAt",
        story="The label's own term, which is 1, stays in the sum.",
        edits=(
            Edit(
                "margin_violations(widen(logits), target, rho)", "margin_violations(widen(logits), target, 0.0) + rho"
            ),
        ),
    ),
    Mutant(
        name="comp_sum_rho_margin-unclipped",
        loss="comp_sum_rho_margin",
        caught_by="Bounded",
        story="Margins are clipped at 0 alone: a hinge under the name of the clipped loss.",
        edits=(Edit("0.0, rho)", "0.0, 1e30)"),),
    ),
    Mutant(
        name="smooth_adversarial_comp_sum-attack-detached",
        loss="smooth_adversarial_comp_sum",
        caught_by="MatchesReference",
        story="Attacked scores are detached, as the target of a divergence would be.",
        edits=(Edit("adversarial_logits - logits", "adversarial_logits.detach() - logits"),),
    ),
    Mutant(
        name="smooth_adversarial_comp_sum-scores-not-margins",
        loss="smooth_adversarial_comp_sum",
        caught_by="ShiftInvariant",
        story="The penalty measures how far the scores move instead of the margins.",
        edits=(Edit("margin_violations(adversarial_logits - logits, target, 0.0)", "adversarial_logits - logits"),),
    ),
    Mutant(
        name="smooth_adversarial_comp_sum-margins-over-rho-twice",
        loss="smooth_adversarial_comp_sum",
        caught_by="UpperBounds",
        story="The displacement is divided by the margin width, too.",
        edits=(Edit("self.nu * norm_rows(moved)", "self.nu * norm_rows(moved / rho / rho)"),),
    ),
    Mutant(
        name="ldr_k-label-not-chosen",
        loss="ldr_k",
        caught_by="WorkedExamples",
        story="The label's own violation, 0, takes no part in the choice of the k largest.",
        edits=(
            Edit("mean_of_largest(violations,", "mean_of_largest(violations.scatter(1, target.unsqueeze(1), -1e4),"),
        ),
    ),
    Mutant(
        name="ldr_k-clamped-at-zero",
        loss="ldr_k",
        caught_by="NonNegative",
        story="The average is clamped at 0: the top-k hinge under another name.",
        edits=(Edit("mean_of_largest(violations, self.k)", "mean_of_largest(violations, self.k).relu()"),),
    ),
    Mutant(
        name="ldr_k-sum-not-mean",
        loss="ldr_k",
        caught_by="Monotone",
        story="The k largest violations are added up, not averaged.",
        edits=(Edit("mean_of_largest(violations, self.k)", "mean_of_largest(violations, self.k) * self.k"),),
    ),
    Mutant(
        name="ldr_k-one-too-many",
        loss="ldr_k",
        caught_by="MatchesReference",
        story="Off-by-one top-k: the k-th place is counted from 0, and k + 1 violations are averaged.",
        edits=(
            Edit("mean_of_largest(violations, self.k)", "mean_of_largest(violations, min(self.k + 1, logits.size(1)))"),
        ),
    ),
    Mutant(
        name="ldr_k-one-too-few",
        loss="ldr_k",
        caught_by="ReducesTo",
        story="Off-by-one top-k: the label's own violation is taken for one of the k, and k - 1 are averaged.",
        edits=(Edit("mean_of_largest(violations, self.k)", "mean_of_largest(violations, self.k - 1)"),),
    ),
    Mutant(
        name="aldr_kl-temperature-not-detached",
        loss="aldr_kl",
        caught_by="MatchesReference",
        story="The gradient flows through the steps that find the temperature.",
        edits=(
            Edit("self.share(violations.detach(), lam)\n        value", "self.share(violations, lam)\n        value"),
        ),
    ),
    Mutant(
        name="aldr_kl-penalty-without-classes",
        loss="aldr_kl",
        caught_by="WorkedExamples",
        story="The paper's alpha is taken for the authors', which lacks the logarithm of the number of classes.",
        edits=(
            Edit("self.alpha * log_classes(violations) / 2", "self.alpha / 2"),
            Edit("torch.ones_like(spread), self.alpha * spread)", "torch.ones_like(spread), self.alpha + 0 * spread)"),
        ),
    ),
)
