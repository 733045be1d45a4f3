"""Slips that move the best decision or the price of a wrong one: bounds of consistency, label noise, the first k classes."""

from losskit.conformance.mutants.model import Edit, Mutant
from losskit.spec import AtLeast, Below
from losskit.spec.expressions import sqrt, symbol
from losskit.spec.properties import HConsistencyBound, NoiseTolerant, TopKCalibrated

T, C = symbol("t"), symbol("C")
SEVERAL = {"C": AtLeast(2)}
PLAIN = {"class_weights": None, "label_smoothing": 0, "ignore_index": Below(0), **SEVERAL}

MUTANTS = (
    Mutant(
        name="logistic-in-bits",
        loss="logistic",
        caught_by="HConsistencyBound",
        story="The logarithm is that of base 2, which makes the value 1 at 0, and the bound stays that of nats.",
        edits=(
            Edit(
                "return hard_cross_entropy(logits, target)", "return hard_cross_entropy(logits, target) / 0.6931471805"
            ),
        ),
    ),
    Mutant(
        name="comp_sum-consistency-constant-too-small",
        loss="comp_sum",
        caught_by="HConsistencyBound",
        story="The 2 of Pinsker's inequality is forgotten.",
        claim=HConsistencyBound(gamma=sqrt(T)).holds(when={"tau": 1, **SEVERAL}),
    ),
    Mutant(
        name="comp_sum-consistency-loose",
        loss="comp_sum",
        caught_by="HConsistencyBound",
        story="A bound that is true with room to spare is taken for the best one.",
        claim=HConsistencyBound(gamma=2 * sqrt(T)).holds(when={"tau": 1, **SEVERAL}),
    ),
    Mutant(
        name="crammer_singer-consistent",
        loss="crammer_singer",
        caught_by="HConsistencyBound",
        story="The bound of the binary hinge is carried over to several classes, where no class need have a majority.",
        claim=HConsistencyBound(gamma=T / symbol("margin")).holds(when={"margin": AtLeast(0.5), "C": AtLeast(3)}),
    ),
    Mutant(
        name="mae_classification-squared",
        loss="mae_classification",
        caught_by="NoiseTolerant",
        story="The error of the label's probability is squared, whose sum over labels is not constant.",
        edits=(
            Edit("-self.scale * exp_minus_one(log_likelihood)", "self.scale * exp_minus_one(log_likelihood).square()"),
        ),
    ),
    Mutant(
        name="mae_classification-any-noise",
        loss="mae_classification",
        caught_by="NoiseTolerant",
        story="The rate is the share of changed labels that a majority survives, not all of them.",
        claim=NoiseTolerant(rate=1.0).holds(when=SEVERAL),
    ),
    Mutant(
        name="hinge-noise-tolerated-by-every-model",
        loss="hinge",
        caught_by="NoiseTolerant",
        story="What holds of the best of all functions is claimed of the best of a few.",
        claim=NoiseTolerant(rate=0.5).holds(when={"margin": 1}),
    ),
    Mutant(
        name="cross_entropy-noise-beyond-the-limit",
        loss="cross_entropy",
        caught_by="NoiseTolerant",
        story="Beyond 1 - 1/C the true label is the rarest one.",
        claim=NoiseTolerant(rate=1 - 1 / (2 * C), rows="free").holds(when=PLAIN),
    ),
    Mutant(
        name="z_loss-epsilon-unused",
        loss="z_loss",
        caught_by="TopKCalibrated",
        story="Epsilon is accepted and never used; without it the second class counts for nothing.",
        edits=(Edit("floor = self.eps**0.5", "floor = 0.0"),),
    ),
    Mutant(
        name="mae_classification-top-two",
        loss="mae_classification",
        caught_by="TopKCalibrated",
        story="Calibrated for the first class is taken for calibrated for the first two.",
        claim=TopKCalibrated(k=2).holds(when={"C": AtLeast(3)}),
    ),
)
