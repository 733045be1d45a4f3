"""Slips in losses of scores and class ids."""

from losskit.conformance.mutants.model import Edit, Mutant

LOG_SOFTMAX = "torch.log_softmax(widen(logits), dim=-1)"
LIKELIHOOD = "log_likelihood(widen(logits), target)"
AT_LABEL = ".gather(-1, target.unsqueeze(-1)).squeeze(-1)"
TRANSFORM = "box_cox(surprise, 1.0 - self.tau)"
DISTANCE = "return -self.scale * exp_minus_one(log_likelihood)"
HINGE = "return largest_violation(margin_violations(widen(logits), target, self.margin))"
VIOLATIONS = "margin_violations(widen(logits), target, self.margin)"
TEMPERED = "return lam * log_mean_exp(tempered)"

MUTANTS = (
    Mutant(
        name="comp_sum-sign",
        loss="comp_sum",
        caught_by="NonNegative",
        story="The minus before the log-probability is taken for one that the gathering function already applies.",
        edits=(Edit("surprise = -log_", "surprise = log_"),),
    ),
    Mutant(
        name="comp_sum-detached-normaliser",
        loss="comp_sum",
        caught_by="Differentiable",
        story="The normaliser is detached like the maximum that is subtracted for stability.",
        edits=(
            Edit(LIKELIHOOD, f"(widen(logits) - widen(logits).logsumexp(dim=-1, keepdim=True).detach()){AT_LABEL}"),
        ),
    ),
    Mutant(
        name="comp_sum-softmax-then-log",
        loss="comp_sum",
        caught_by="MatchesReference",
        story="The logarithm is taken of the softmax, which has underflowed by then.",
        edits=(Edit(LIKELIHOOD, f"widen(logits).softmax(dim=-1).log(){AT_LABEL}"),),
    ),
    Mutant(
        name="comp_sum-softmax-over-batch",
        loss="comp_sum",
        caught_by="BatchDecomposable",
        story="The softmax runs over the rows of the batch, the implicit axis of old code.",
        edits=(Edit(LIKELIHOOD, f"widen(logits).log_softmax(dim=0){AT_LABEL}"),),
    ),
    Mutant(
        name="comp_sum-half-stays-half",
        loss="comp_sum",
        caught_by="DTypeStable",
        story="Half-precision scores are exponentiated and reduced in half precision.",
        edits=(Edit(LIKELIHOOD, f"logits.log_softmax(dim=-1){AT_LABEL}"),),
    ),
    Mutant(
        name="comp_sum-epsilon-in-log",
        loss="comp_sum",
        caught_by="NonNegative",
        story="An epsilon inside the logarithm guards against log 0 and makes sure predictions cost less than nothing.",
        edits=(Edit(LIKELIHOOD, f"(widen(logits).softmax(dim=-1) + 1e-7).log(){AT_LABEL}"),),
    ),
    Mutant(
        name="comp_sum-clamped-probability",
        loss="comp_sum",
        caught_by="Bounded",
        story="Probabilities are clamped from below, which bounds the loss and kills the gradient of hopeless samples.",
        edits=(Edit(LIKELIHOOD, f"widen(logits).softmax(dim=-1).clamp(min=1e-8).log(){AT_LABEL}"),),
    ),
    Mutant(
        name="comp_sum-clipped-value",
        loss="comp_sum",
        caught_by="Convex",
        story="The value of a sample is clipped against outliers, a training trick left in the library.",
        edits=(Edit(TRANSFORM, f"{TRANSFORM}.clamp(max=5.0)"),),
    ),
    Mutant(
        name="comp_sum-exponent-of-another-convention",
        loss="comp_sum",
        caught_by="Monotone",
        story="Generalised cross-entropy's exponent q = tau - 1 is used where 1 - tau belongs.",
        edits=(Edit("1.0 - self.tau", "self.tau - 1.0"),),
    ),
    Mutant(
        name="comp_sum-not-divided-by-exponent",
        loss="comp_sum",
        caught_by="ReducesTo",
        story="Generalised cross-entropy loses the division by its exponent.",
        edits=(Edit(TRANSFORM, f"{TRANSFORM} * (1.0 - self.tau)"),),
    ),
    Mutant(
        name="comp_sum-not-scriptable",
        loss="comp_sum",
        caught_by="Scripts",
        story="A lambda is fine in eager mode and unknown to TorchScript.",
        edits=(Edit(f"return {TRANSFORM}", f"return (lambda: {TRANSFORM})()"),),
    ),
    Mutant(
        name="cross_entropy-smoothing-dropped",
        loss="cross_entropy",
        caught_by="ReducesTo",
        story="Label smoothing is accepted and never used.",
        edits=(Edit("if smoothing == 0:", "if smoothing >= 0:", file="ops.classes"),),
    ),
    Mutant(
        name="cross_entropy-smoothing-over-wrong-classes",
        loss="cross_entropy",
        caught_by="MatchesReference",
        story="The smoothed mass is shared among the C - 1 wrong classes with the label still in the sum.",
        edits=(
            Edit(
                "+ smoothing * log_p.mean(dim=-1)",
                "+ smoothing * log_p.sum(dim=-1) / max(1, log_p.size(-1) - 1)",
                file="ops.classes",
            ),
        ),
    ),
    Mutant(
        name="cross_entropy-ignored-rows-in-mean",
        loss="cross_entropy",
        caught_by="IgnoresIndex",
        story="Ignored rows add nothing to the sum and still count in the mean.",
        edits=(Edit("count = kept.to(scores.dtype)", "count = torch.ones_like(kept).to(scores.dtype)"),),
    ),
    Mutant(
        name="cross_entropy-ignored-nan-reaches-gradient",
        loss="cross_entropy",
        caught_by="IgnoresIndex",
        story="The value of an ignored row is masked, not its scores, so a NaN there reaches the gradient.",
        edits=(
            Edit(
                "scores = torch.where(kept.unsqueeze(-1), scores, torch.zeros_like(scores))",
                "scores = scores",
                file="ops.classes",
            ),
        ),
    ),
    Mutant(
        name="cross_entropy-mean-over-rows",
        loss="cross_entropy",
        caught_by="MatchesReference",
        story="With class weights the mean divides by the number of rows, not by the weights of their labels.",
        edits=(Edit("count = count * pick(weight, label)", "count = count"),),
    ),
    Mutant(
        name="cross_entropy-weights-not-cast",
        loss="cross_entropy",
        caught_by="DTypeStable",
        story="Double-precision class weights are not cast to the scores' dtype and widen the result.",
        edits=(Edit("class_weights.to(scores.dtype).expand_as(scores)", "class_weights.expand_as(scores)"),),
    ),
    Mutant(
        name="cross_entropy-softmax-then-log",
        loss="cross_entropy",
        caught_by="FiniteOn",
        story="Saturated scores give probability 0 and its logarithm minus infinity.",
        edits=(Edit("log_likelihood(scores, label,", "smoothed(scores.softmax(dim=-1).log(), label,"),),
    ),
    Mutant(
        name="cross_entropy-sigmoid",
        loss="cross_entropy",
        caught_by="ShiftInvariant",
        story="The sigmoid of the binary loss stands where the softmax belongs.",
        edits=(Edit("log_likelihood(scores, label,", "smoothed(torch.nn.functional.logsigmoid(scores), label,"),),
    ),
    Mutant(
        name="mae_classification-scale-dropped",
        loss="mae_classification",
        caught_by="MatchesReference",
        story="The scale that tells two conventions apart is dropped.",
        edits=(Edit(DISTANCE, "return -exp_minus_one(log_likelihood)"),),
    ),
    Mutant(
        name="mae_classification-signed-sum",
        loss="mae_classification",
        caught_by="Bounded",
        story="Signed differences are summed over the classes and cancel to 0.",
        edits=(
            Edit(
                DISTANCE,
                "return self.scale * (1.0 - torch.softmax(widen(logits), dim=-1).sum(dim=-1)) + 0.0 * log_likelihood",
            ),
        ),
    ),
    Mutant(
        name="mae_classification-mean-over-classes",
        loss="mae_classification",
        caught_by="ReducesTo",
        story="The L1 distance to the one-hot vector is averaged over the classes, so 1/C slips in.",
        edits=(Edit(DISTANCE, "return -2 * self.scale * exp_minus_one(log_likelihood) / logits.size(1)"),),
    ),
    Mutant(
        name="mae_classification-other-class-picked",
        loss="mae_classification",
        caught_by="LabelSymmetric",
        story="The most probable class is compared instead of the label.",
        edits=(Edit("pick(torch.log_softmax(widen(logits), dim=-1), target)", f"{LOG_SOFTMAX}.amax(dim=-1)"),),
    ),
    Mutant(
        name="mae_classification-branch-on-data",
        loss="mae_classification",
        caught_by="ExportsONNX",
        story="A shortcut for perfect batches reads the data, and the exported graph keeps one side of it.",
        edits=(
            Edit(
                DISTANCE,
                "if float(log_likelihood.detach().amin()) > -1e-9:\n"
                "            return 0.0 * log_likelihood\n"
                f"        {DISTANCE}",
            ),
        ),
    ),
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
