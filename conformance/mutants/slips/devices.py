"""Slips that give the right numbers on a CPU, and on an accelerator an error or a wait."""

from losskit.conformance.mutants.model import Edit, Mutant

ROWS = "torch.arange(scores.size(0), device=scores.device)"
EDGES = "torch.arange(bins + 1, dtype=place.dtype, device=place.device)"
SUPPORT = "torch.arange(count, dtype=reward.dtype, device=reward.device)"
BUFFER = (
    'self.register_buffer("weights", torch.tensor(self._values["pos_weight"], dtype=torch.float64), persistent=False)'
)
STEP = "share = floor - rate * (log_p.exp() * log_p).sum(dim=-1)"

MUTANTS = (
    Mutant(
        name="mann-whitney-rows-on-the-host",
        loss="mann_whitney",
        caught_by="StaysOnDevice",
        story="The index of the rows is made without a device, so on the CPU.",
        edits=(Edit(ROWS, "torch.arange(scores.size(0))"),),
    ),
    Mutant(
        name="bce-weights-no-buffer",
        loss="binary_cross_entropy_with_logits",
        caught_by="StaysOnDevice",
        story="The weights are a plain attribute, which stays behind when the module moves.",
        edits=(Edit(BUFFER, 'self.weights = torch.tensor(self._values["pos_weight"], dtype=torch.float64)'),),
    ),
    Mutant(
        name="hl-gauss-edges-from-a-list",
        loss="hl_gauss",
        caught_by="StaysOnDevice",
        story="The edges of the bins are a list that every call copies to the device.",
        edits=(
            Edit(EDGES, "torch.tensor([float(k) for k in range(bins + 1)], dtype=place.dtype, device=place.device)"),
        ),
    ),
    Mutant(
        name="categorical-projection-support-moved",
        loss="categorical_projection",
        caught_by="StaysOnDevice",
        story="The support is made on the CPU and moved in every call.",
        edits=(Edit(SUPPORT, "torch.arange(count, dtype=reward.dtype).to(reward.device)"),),
    ),
    Mutant(
        name="aldr-kl-stops-when-settled",
        loss="aldr_kl",
        caught_by="StaysOnDevice",
        story="After each step the host reads whether the temperatures have settled.",
        edits=(
            Edit(
                STEP,
                f"last = share\n            {STEP}\n            if bool((share - last).abs().amax() == 0):\n                break",
            ),
        ),
    ),
    Mutant(
        name="reduction-divisor-read",
        loss="cross_entropy",
        caught_by="StaysOnDevice",
        story="The number of samples that count is read as a Python number.",
        edits=(
            Edit(
                "return total / torch.where(divisor == 0, torch.ones_like(divisor), divisor)",
                "return total / max(float(divisor.detach()), 1.0)",
                file="base",
            ),
        ),
    ),
    Mutant(
        name="mann-whitney-unread-negatives",
        loss="mann_whitney",
        caught_by="MatchesReference",
        story="Where the labels may not be read, positives count as negatives of each other.",
        edits=(
            Edit(
                "negatives, negative_weight = scores, weight.masked_fill(positive, 0.0)",
                "negatives, negative_weight = scores, weight",
            ),
        ),
    ),
    Mutant(
        name="ldr-kl-unread-sum",
        loss="ldr_kl",
        caught_by="WorkedExamples",
        story="Where the gaps may not be read, close ones are summed for averaged.",
        edits=(
            Edit(
                "near = torch.log1p(torch.expm1(x - top).mean(dim=-1))",
                "near = torch.log1p(torch.expm1(x - top).sum(dim=-1))",
                file="ops.exponential",
            ),
        ),
    ),
)
