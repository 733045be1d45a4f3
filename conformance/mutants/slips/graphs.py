"""Slips that eager mode does not show: in the form that graphs take, and in what a spec says of graphs."""

from losskit.conformance.mutants.model import Edit, Mutant

PICKED = "pick(torch.log_softmax(widen(logits), dim=-1), target)"
MASKED = (
    "(torch.log_softmax(widen(logits), dim=-1) * "
    "(target.unsqueeze(-1) == torch.arange(logits.size(1), device=logits.device))).sum(dim=-1)"
)
NOT_A_NUMBER = 'Accepted(input="target", wrong="not a number", meaning="taken for a negative")'

MUTANTS = (
    Mutant(
        name="huber-graph-clipped-from-above-alone",
        loss="huber",
        caught_by="GraphKeepsLaws",
        story="The form that graphs take clips residuals from above alone; eager mode has the framework's.",
        edits=(
            Edit(
                "clipped = residual.clamp(-delta, delta)", "clipped = residual.clamp(max=delta)", file="ops.residuals"
            ),
        ),
    ),
    Mutant(
        name="hinge-graph-smoothed",
        loss="hinge",
        caught_by="GraphKeepsLaws",
        story="A softplus stands in for the kink while a graph is written, for a converter that once lacked the kink's operator.",
        edits=(
            Edit(
                "return torch.relu(self.margin + opposed_margin(logits, target))",
                "violation = self.margin + opposed_margin(logits, target)\n"
                "        if torch.compiler.is_exporting():\n"
                "            return torch.nn.functional.softplus(violation)\n"
                "        return torch.relu(violation)",
            ),
        ),
    ),
    Mutant(
        name="mae_classification-graph-label-compared",
        loss="mae_classification",
        caught_by="GraphRejectsBadInput",
        story="The label's entry is found by comparing class ids, so that in a graph a class that does not exist costs nothing.",
        edits=(Edit(PICKED, MASKED),),
    ),
    Mutant(
        name="hinge-graph-silent",
        loss="hinge",
        caught_by="GraphRejectsBadInput",
        story="The spec does not say that its graph multiplies with whatever stands for a label.",
        edits=(Edit("graph_accepts=SIGN_BY_ARITHMETIC,", "graph_accepts=SIGN_BY_ARITHMETIC[1:],", file="spec"),),
    ),
    Mutant(
        name="mann_whitney-graph-nan-declared",
        loss="mann_whitney",
        caught_by="GraphRejectsBadInput",
        story="What losses declare that compute with labels is carried over to one that compares them.",
        edits=(
            Edit(
                NOT_A_NUMBER,
                NOT_A_NUMBER.replace('meaning="taken for a negative"', 'answer="nan", meaning="nan"'),
                file="spec",
            ),
        ),
    ),
    Mutant(
        name="crammer_singer-graph-refusal-undone",
        loss="crammer_singer",
        caught_by="GraphRejectsBadInput",
        story="The graph is said to answer class ids above the last, as a lookup that wraps around would.",
        edits=(
            Edit(
                "graph_accepts=(",
                'graph_accepts=(FROM_THE_END.model_copy(update={"wrong": "class id C or more"}), ',
                file="spec",
            ),
        ),
    ),
)
