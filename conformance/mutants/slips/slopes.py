"""Slips in slopes: the value is right and keeps its symmetries, the gradient or its own slope has lost a part."""

from losskit.conformance.mutants.model import Edit, Mutant

SQUARE = "return squared_residual(widen(input), widen(target))"
ERRORS = "errors = lowered_at_label(widen(logits), target, self.target_scale)"
NORM = "norm = widen(weight).square().sum().to(value.dtype)"

MUTANTS = (
    Mutant(
        name="mse-factor-detached",
        loss="mse",
        caught_by="Homogeneous",
        story="The square is written as the residual times itself as a weight, and weights are detached.",
        edits=(Edit(SQUARE, "residual = widen(input) - widen(target)\n        return residual * residual.detach()"),),
    ),
    Mutant(
        name="one_hot_mse-first-class-detached",
        loss="one_hot_mse",
        caught_by="PermutationInvariant",
        story="The first class is taken for a background that is not to be trained, and detached.",
        edits=(
            Edit(ERRORS, f"{ERRORS}\n        errors = torch.cat([errors[:, :1].detach(), errors[:, 1:]], dim=1)"),
            Edit("from torch import Tensor", "import torch\nfrom torch import Tensor"),
        ),
    ),
    Mutant(
        name="svm_head-first-column-detached",
        loss="svm_head",
        caught_by="RotationInvariant",
        story="The first column of the weights is taken for the bias, and detached so that it does not decay.",
        edits=(
            Edit(
                NORM,
                "kept = torch.cat([weight[..., :1].detach(), weight[..., 1:]], dim=-1)\n        "
                + NORM.replace("weight", "kept"),
            ),
        ),
    ),
    Mutant(
        name="mae_classification-normaliser-detached",
        loss="mae_classification",
        caught_by="LabelSymmetric",
        story="The normaliser of the softmax is computed without gradients to save memory.",
        edits=(
            Edit(
                "pick(torch.log_softmax(widen(logits), dim=-1), target)",
                "pick(widen(logits) - torch.logsumexp(widen(logits), dim=-1, keepdim=True).detach(), target)",
            ),
        ),
    ),
    Mutant(
        name="one_hot_mse-saved-scores-detached",
        loss="one_hot_mse",
        caught_by="Transforms",
        story="The hand-written backward pass detaches what was saved: the slope is right, and its own slope is 0.",
        edits=(
            Edit(
                "slope: Tensor = x * (2 * of_value)", "slope: Tensor = x.detach() * (2 * of_value)", file="ops.vectors"
            ),
        ),
    ),
    Mutant(
        name="one_hot_mse-one-factor-for-all",
        loss="one_hot_mse",
        caught_by="Transforms",
        story="The hand-written backward pass takes what comes back to the first row for what comes back to all, true of a mean.",
        edits=(Edit("(2 * of_value).unsqueeze(-1)", "(2 * of_value[:1]).unsqueeze(-1)", file="ops.vectors"),),
    ),
)
