"""Slips in losses of one score and a label 0 or 1."""

from losskit.conformance.mutants.model import Edit, Mutant
from losskit.spec.properties import ClassificationCalibrated, Proper, StrictlyProper

MARGIN = "opposed_margin(logits, target)"
DRAWN = "(-inverse_box_cox(noise, self.lam)).clamp(min=-self.clip)"
WHOLE, FOCUS = "whole_power(missing, self.gamma)", "torch.exp(self.gamma * self.log_missing(no, yes, target))"

MUTANTS = (
    Mutant(
        name="logistic-sign",
        loss="logistic",
        caught_by="Monotone",
        story="The minus of the margin is lost, so mistakes are rewarded.",
        edits=(Edit("hard_cross_entropy(logits", "hard_cross_entropy(-logits"),),
    ),
    Mutant(
        name="logistic-log-of-exponential",
        loss="logistic",
        caught_by="FiniteOn",
        story="The formula is written as it stands, and the exponential overflows.",
        edits=(Edit("hard_cross_entropy(logits, target)", "(1 + ((1 - 2 * target) * logits).exp()).log()"),),
    ),
    Mutant(
        name="logistic-labels-as-signs",
        loss="logistic",
        caught_by="MarginBased",
        story="Labels of 0 and 1 are multiplied with the score as if they were -1 and 1.",
        edits=(Edit("hard_cross_entropy(logits, target)", "-(target * logits).sigmoid().log()"),),
    ),
    Mutant(
        name="hinge-margin-of-one",
        loss="hinge",
        caught_by="Homogeneous",
        story="The margin is accepted and 1 is used.",
        edits=(Edit("self.margin +", "1.0 +"),),
    ),
    Mutant(
        name="hinge-smoothed",
        loss="hinge",
        caught_by="ZeroAt",
        story="A softplus stands in for the kink.",
        edits=(Edit("torch.relu(", "torch.nn.functional.softplus("),),
    ),
    Mutant(
        name="squared_hinge-squared-both-sides",
        loss="squared_hinge",
        caught_by="Monotone",
        story="The square is taken without the hinge, so scores beyond the margin cost again.",
        edits=(Edit(f"torch.relu(self.margin + {MARGIN}).square()", f"(self.margin + {MARGIN}).square()"),),
    ),
    Mutant(
        name="squared_hinge-halved",
        loss="squared_hinge",
        caught_by="Smooth",
        story="A half before the square, as optimisers like it.",
        edits=(Edit(".square()", ".square() / 2"),),
    ),
    Mutant(
        name="exponential-clamped",
        loss="exponential",
        caught_by="Convex",
        story="The exponent is clamped without a word so that nothing overflows.",
        edits=(Edit(MARGIN, f"{MARGIN}.clamp(max=4.0)"),),
    ),
    Mutant(
        name="exponential-proper-by-the-sigmoid",
        loss="exponential",
        caught_by="StrictlyProper",
        story="The sigmoid of the score is taken for the probability; it is that of twice the score.",
        claim=StrictlyProper().holds(),
    ),
    Mutant(
        name="binary_cross_entropy_with_logits-weight-on-both-terms",
        loss="binary_cross_entropy_with_logits",
        caught_by="MinimisedAt",
        story="The weight of positives multiplies the whole sample.",
        edits=(
            Edit(
                "return positive + (1 - target) * softplus(logits)",
                "return positive + self.weights.to(logits.dtype) * (1 - target) * softplus(logits)",
            ),
        ),
    ),
    Mutant(
        name="binary_cross_entropy_with_logits-sigmoid-then-log",
        loss="binary_cross_entropy_with_logits",
        caught_by="Bounded",
        story="The logarithm is taken of a sigmoid that is kept away from 0.",
        edits=(
            Edit(
                "cross_entropy(logits, target)",
                "-torch.where(target > 0.5, logits, -logits).sigmoid().clamp(min=1e-7).log()",
            ),
            Edit("softplus(-logits)", "-logits.sigmoid().clamp(min=1e-7).log()"),
            Edit("softplus(logits)", "-(-logits).sigmoid().clamp(min=1e-7).log()"),
        ),
    ),
    Mutant(
        name="binary_cross_entropy_with_logits-weighted-and-calibrated",
        loss="binary_cross_entropy_with_logits",
        caught_by="ClassificationCalibrated",
        story="Calibration is claimed whatever the weight of positives, which moves the threshold.",
        claim=ClassificationCalibrated().holds(),
    ),
    Mutant(
        name="sigmoid_focal-focus-detached",
        loss="sigmoid_focal",
        caught_by="Differentiable",
        story="The focusing factor is taken for a weight, without a gradient of its own.",
        edits=(Edit(WHOLE, f"{WHOLE}.detach()"), Edit(FOCUS, f"{FOCUS}.detach()")),
    ),
    Mutant(
        name="sigmoid_focal-focus-on-the-easy",
        loss="sigmoid_focal",
        caught_by="Monotone",
        story="The power is taken of p_t instead of 1 - p_t.",
        edits=(
            Edit(WHOLE, "whole_power(1 - missing, self.gamma)"),
            Edit("self.log_missing(no, yes, target)", "self.log_missing(yes, no, target)"),
        ),
    ),
    Mutant(
        name="sigmoid_focal-power-of-zero",
        loss="sigmoid_focal",
        caught_by="FiniteOn",
        story="The power is taken of the probability itself, whose slope is NaN where it has underflowed.",
        edits=(Edit(FOCUS, "((-no).exp() * target + (-yes).exp() * (1 - target)).pow(self.gamma)"),),
    ),
    Mutant(
        name="sigmoid_focal-alpha-exchanged",
        loss="sigmoid_focal",
        caught_by="MatchesReference",
        story="The weight of positives goes to negatives.",
        edits=(Edit("alpha * target + (1 - alpha) * (1 - target)", "alpha * (1 - target) + (1 - alpha) * target"),),
    ),
    Mutant(
        name="sigmoid_focal-proper",
        loss="sigmoid_focal",
        caught_by="Proper",
        story="The score is read as a probability, which focusing has pulled towards one half.",
        claim=Proper().holds(when={"alpha": None}),
    ),
    Mutant(
        name="anyloss_accuracy-score-amplified",
        loss="anyloss_accuracy",
        caught_by="Lipschitz",
        story="The score is amplified in place of the probability.",
        edits=(Edit("_Amplified.apply(score, amplification)", "amplification * score", file="ops.soft_confusion"),),
    ),
    Mutant(
        name="anyloss_accuracy-threshold-forgotten",
        loss="anyloss_accuracy",
        caught_by="MarginBased",
        story="The probability is amplified without taking the threshold from it.",
        edits=(
            Edit(
                "_Amplified.apply(score, amplification)", "amplification * score.sigmoid()", file="ops.soft_confusion"
            ),
        ),
    ),
    Mutant(
        name="anyloss_fbeta-beta-not-squared",
        loss="anyloss_fbeta",
        caught_by="WorkedExamples",
        story="Beta weighs recall as it is, not by its square.",
        edits=(Edit("square = self.beta * self.beta", "square = self.beta"),),
    ),
    Mutant(
        name="anyloss_fbeta-smoothed",
        loss="anyloss_fbeta",
        caught_by="DuplicationInvariant",
        story="A constant is added to the denominator so that nothing divides by 0.",
        edits=(
            Edit(
                "part / torch.where(whole > 0, whole, torch.ones_like(whole))",
                "part / (whole + 1e-5)",
                file="ops.soft_confusion",
            ),
        ),
    ),
    Mutant(
        name="anyloss_balanced_accuracy-always-two-classes",
        loss="anyloss_balanced_accuracy",
        caught_by="ReducesTo",
        story="The rates are halved even where one class is absent.",
        edits=(Edit("share(alarms, negatives), present)", "share(alarms, negatives), 2 * present / present)"),),
    ),
    Mutant(
        name="anyloss_balanced_accuracy-divided-by-the-batch",
        loss="anyloss_balanced_accuracy",
        caught_by="MatchesReference",
        story="Both sums are divided by the size of the batch, which is the accuracy.",
        edits=(
            Edit(
                "share(missed, positives) + share(alarms, negatives)",
                "2 * share(missed + alarms, positives + negatives)",
            ),
        ),
    ),
    Mutant(
        name="anyloss_gmean-root-forgotten",
        loss="anyloss_gmean",
        caught_by="MatchesReference",
        story="The product of the rates stands for its root.",
        edits=(
            Edit("root(found) * root(kept)", "found * kept"),
            Edit("(missed + alarms * found) / (1 + mean)", "missed + alarms * found"),
        ),
    ),
    Mutant(
        name="anyloss_gmean-root-of-zero",
        loss="anyloss_gmean",
        caught_by="MatchesReference",
        story="The root is taken of the rate of an absent class, where its slope is infinite.",
        edits=(Edit("root(found) * root(kept)", "(found * kept).sqrt()"),),
    ),
    Mutant(
        name="asymmetric_loss-weight-detached-always",
        loss="asymmetric_loss",
        caught_by="MatchesReference",
        story="The focusing powers are detached whatever the parameter says, as the authors' plain class does by default.",
        edits=(Edit("weight.detach() if self.detach_weight else weight", "weight.detach()"),),
    ),
    Mutant(
        name="asymmetric_loss-logarithm-not-shifted",
        loss="asymmetric_loss",
        caught_by="MatchesReference",
        story="The power is taken of the shifted probability and the logarithm of the one that is not.",
        edits=(Edit("surprise = surprise_of_rest(probability, absent + clip)", "surprise = softplus(logits)"),),
    ),
    Mutant(
        name="asymmetric_loss-calibrated",
        loss="asymmetric_loss",
        caught_by="ClassificationCalibrated",
        story="The scores are cut at 0, where the exponents of both labels have moved the threshold.",
        claim=ClassificationCalibrated().holds(when={"detach_weight": False}),
    ),
    Mutant(
        name="ens_loss-flattest-first",
        loss="ens_loss",
        caught_by="Convex",
        story="The smallest margin gets the least negative derivative, so the slopes fall where a convex loss has them rise.",
        edits=(Edit(".clamp(min=-self.clip))[0]", ".clamp(min=-self.clip))[0].flip(0)"),),
    ),
    Mutant(
        name="ens_loss-noise-not-sorted",
        loss="ens_loss",
        caught_by="MatchesReference",
        story="Derivatives are handed out by rank and never sorted themselves.",
        edits=(Edit(f"ascending({DRAWN})[0]", DRAWN),),
    ),
    Mutant(
        name="ens_loss-tail-not-lowered",
        loss="ens_loss",
        caught_by="MatchesReference",
        story="The derivative of a margin above 1 keeps its size, so the loss is not bounded below.",
        edits=(Edit("assigned / margin.clamp(min=1.0)", "assigned"),),
    ),
)
