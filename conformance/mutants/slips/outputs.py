"""Slips in losses of class ids that read the outputs of a network otherwise than by a softmax."""

from losskit.conformance.mutants.model import Edit, Mutant

MUTANTS = (
    Mutant(
        name="one_hot_mse-mean-over-classes",
        loss="one_hot_mse",
        caught_by="ReducesTo",
        story="The squares are averaged over the classes, as the framework's squared error does.",
        edits=(Edit("errors.square().sum(dim=-1)", "errors.square().mean(dim=-1)"),),
    ),
    Mutant(
        name="one_hot_mse-scale-of-the-square",
        loss="one_hot_mse",
        caught_by="ZeroAt",
        story="The label's score is compared with 1 and its error scaled, not its target.",
        edits=(Edit("scores - self.target_scale, scores", "self.target_scale * (scores - 1), scores"),),
    ),
)
