"""Slips in losses of the softmax probabilities and class ids."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="label_smoothing_cross_entropy-over-wrong-classes",
        loss="label_smoothing_cross_entropy",
        caught_by="MinimisedAt",
        story="The smoothed mass is shared among the C - 1 wrong classes, as sequence models do.",
        edits=(
            Edit(
                "label, self.label_smoothing)",
                "label, self.label_smoothing * scores.size(-1) / max(1, scores.size(-1) - 1))",
            ),
        ),
    ),
    Mutant(
        name="label_smoothing_cross_entropy-ignored-rows-in-mean",
        loss="label_smoothing_cross_entropy",
        caught_by="IgnoresIndex",
        story="Ignored rows add nothing to the sum and still count in the mean.",
        edits=(Edit("kept.to(value.dtype)", "torch.ones_like(value)"),),
    ),
    Mutant(
        name="poly_loss-sign",
        loss="poly_loss",
        caught_by="NonNegative",
        story="exp(log p) - 1 is taken for 1 - p.",
        edits=(Edit("- self.epsilon *", "+ self.epsilon *"),),
    ),
    Mutant(
        name="poly_loss-detached-probability",
        loss="poly_loss",
        caught_by="Differentiable",
        story="The probability in the added term is detached like the weight of a focal loss in some code.",
        edits=(Edit("exp_minus_one(log_likelihood)", "exp_minus_one(log_likelihood.detach())"),),
    ),
    Mutant(
        name="brier-mean-over-classes",
        loss="brier",
        caught_by="Bounded",
        story="The squares are averaged over the classes, as a mean squared error does.",
        edits=(
            Edit(
                "missed.square() + squares",
                "(missed.square() + squares) / logits.size(-1)",
            ),
        ),
    ),
    Mutant(
        name="brier-label-alone",
        loss="brier",
        caught_by="StrictlyProper",
        story="Only the label's probability is scored, as for two classes.",
        edits=(Edit("missed.square() + squares", "2 * missed.square() + 0.0 * squares"),),
    ),
    Mutant(
        name="correctness_aware-probability-of-the-label",
        loss="correctness_aware",
        caught_by="WorkedExamples",
        story="The label's probability stands where the top one is meant, as in the Brier score of the true class.",
        edits=(Edit("share_of_leader(scores, predicted)", "share_of_leader(scores, target)"),),
    ),
    Mutant(
        name="correctness_aware-weights-exchanged",
        loss="correctness_aware",
        caught_by="MatchesReference",
        story="Correct samples are weighted by the accuracy, which they already have.",
        edits=(Edit("own = torch.where(correct, right, wrong)", "own = torch.where(correct, wrong, right)"),),
    ),
    Mutant(
        name="symmetric_cross_entropy-weights-exchanged",
        loss="symmetric_cross_entropy",
        caught_by="LabelSymmetric",
        story="The two weights are taken for one another, as papers and code name them differently.",
        edits=(
            Edit("self.beta * self.log_clip", "self.alpha * self.log_clip"),
            Edit("self.alpha * log_likelihood", "self.beta * log_likelihood"),
            Edit("if self.alpha == 0:", "if self.beta == 0:"),
        ),
    ),
    Mutant(
        name="symmetric_cross_entropy-clipped-probability",
        loss="symmetric_cross_entropy",
        caught_by="Bounded",
        story="Probabilities are clipped at 1e-7 before the logarithm, which bounds the forward term.",
        edits=(
            Edit(
                "pick(torch.log_softmax(widen(logits), dim=-1), target)",
                "pick(torch.softmax(widen(logits), dim=-1).clamp(min=1e-7).log(), target)",
            ),
        ),
    ),
    Mutant(
        name="focal-detached-factor",
        loss="focal",
        caught_by="Differentiable",
        story="The damping factor is detached like a weight.",
        edits=(Edit(".pow(self.gamma)", ".pow(self.gamma).detach()"),),
    ),
    Mutant(
        name="focal-divided-by-weights",
        loss="focal",
        caught_by="MatchesReference",
        story="With class weights the mean divides by the weights of the labels, as weighted cross-entropy does.",
        edits=(
            Edit(
                "return self.reduce(torch.where(kept, value, torch.zeros_like(value)), kept.to(value.dtype), sample_weight)",
                "count = kept.to(value.dtype)\n"
                "        if class_weights is not None:\n"
                "            count = count * pick(class_weights.to(scores.dtype).expand_as(scores), label)\n"
                "        return self.reduce(torch.where(kept, value, torch.zeros_like(value)), count, sample_weight)",
            ),
        ),
    ),
    Mutant(
        name="focal-power-of-zero",
        loss="focal",
        caught_by="DTypeStable",
        story="The power of 1 - p_y is taken at 0 too, where its slope is infinite for gamma < 1.",
        edits=(Edit(".clamp(min=1e-37)", ""),),
    ),
    Mutant(
        name="logit_adjusted-prior-taken-off",
        loss="logit_adjusted",
        caught_by="ReducesTo",
        story="The prior is taken off in training, as it is after training, instead of added.",
        edits=(Edit("scores = scores + shift", "scores = scores - shift"),),
    ),
    Mutant(
        name="logit_adjusted-epsilon-in-log",
        loss="logit_adjusted",
        caught_by="Homogeneous",
        story="An epsilon inside the logarithm guards against classes without samples and moves every other one.",
        edits=(Edit("class_prior.log()", "(class_prior + 1e-6).log()"),),
    ),
    Mutant(
        name="comp_sum_bayes_risk-sum-for-norm",
        loss="comp_sum_bayes_risk",
        caught_by="Bounded",
        story="The sum of powers is not raised to the power 2 - tau.",
        edits=(Edit("absent) * (2 - self.tau)", "absent)"),),
    ),
    Mutant(
        name="comp_sum_bayes_risk-logarithm-of-zero",
        loss="comp_sum_bayes_risk",
        caught_by="FiniteOn",
        story="0 log 0 is left to the logarithm, whose slope at a class that is absent is no number.",
        edits=(Edit("absent = probs < 1e-37", "absent = probs < 0"),),
    ),
    Mutant(
        name="h_consistency_transform-without-classes",
        loss="h_consistency_transform",
        caught_by="WorkedExamples",
        story="The number of classes is left out of the transformation, where it enters for tau above 1.",
        edits=(Edit("max(self.num_classes **", "max(2 **"),),
    ),
    Mutant(
        name="h_consistency_transform-slope-not-inverted",
        loss="h_consistency_transform",
        caught_by="MatchesReference",
        story="The gradient of the inverse is the slope of the map, not its reciprocal.",
        edits=(Edit("slope = 1 / self.bent(root)[1]", "slope = self.bent(root)[1]"),),
    ),
)
