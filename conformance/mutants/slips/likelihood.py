"""Slips in losses of the label's likelihood: comp-sum, cross-entropy, mean absolute error."""

from losskit.conformance.mutants.model import Edit, Mutant

LOG_SOFTMAX = "torch.log_softmax(widen(logits), dim=-1)"
LIKELIHOOD = "log_likelihood(widen(logits), target)"
AT_LABEL = ".gather(-1, target.unsqueeze(-1)).squeeze(-1)"
TRANSFORM = "box_cox(surprise, 1.0 - self.tau)"
DISTANCE = "return -self.scale * exp_minus_one(log_likelihood)"

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
)
