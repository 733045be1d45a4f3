"""Losses of torch.nn whose value or gradient is not what their documentation says."""

from __future__ import annotations

from examples.foreign.defects.reproduction import Reproduction

EAGER = (
    Reproduction(
        "torch.nn.CrossEntropyLoss",
        "IgnoresIndex",
        'An ignored label "does not contribute to the input gradient", says the documentation: an infinity in the '
        "ignored row makes that row's gradient NaN, and so the gradient of every weight before it.",
        "defect",
        """
import torch

logits = torch.tensor([[float("inf"), 0.0], [0.0, 4.0]], requires_grad=True)
torch.nn.CrossEntropyLoss()(logits, torch.tensor([-100, 1])).backward()
print(logits.grad[0])
""",
        "tensor([nan, nan])",
    ),
    Reproduction(
        "torch.nn.CrossEntropyLoss",
        "FiniteOn",
        "A class that is masked out with a score of -inf costs nothing where the target is a class id, and makes the "
        "loss NaN where the same target is given as probabilities: 0 times infinity is not taken as 0.",
        "defect",
        """
import torch

logits = torch.tensor([[1.0, 0.0, float("-inf")]])
loss = torch.nn.CrossEntropyLoss()
print(f"{loss(logits, torch.tensor([0])):.4f} {loss(logits, torch.tensor([[1.0, 0.0, 0.0]])):.4f}")
""",
        "0.3133 nan",
    ),
    Reproduction(
        "torch.nn.CosineEmbeddingLoss",
        "DTypeStable",
        "In float16 the guard of 1e-12 is 0: a zero vector gives NaN where float32 gives 1.",
        "defect",
        """
import torch

loss = torch.nn.CosineEmbeddingLoss()
for dtype in (torch.float32, torch.float16):
    zero = torch.zeros(1, 3, dtype=dtype)
    print(loss(zero, zero, torch.tensor([1])))
""",
        "tensor(1.)\ntensor(nan, dtype=torch.float16)",
    ),
    Reproduction(
        "torch.nn.CosineEmbeddingLoss",
        "ScaleInvariant(on=first, axis=D)",
        "The documented loss of a vector with itself is 1 - cos = 0. The guard, which the documentation does not "
        "mention, makes it 1/2 for vectors of length 1e-6.",
        "defect",
        """
import torch

loss = torch.nn.CosineEmbeddingLoss()
for length in (1.0, 1e-6):
    vector = torch.tensor([[length, 0.0]], dtype=torch.float64)
    print(f"{loss(vector, vector, torch.tensor([1])):.4f}")
""",
        "0.0000\n0.5000",
    ),
    Reproduction(
        "torch.nn.SoftMarginLoss",
        "FiniteOn, Lipschitz(on=logits, constant=1)",
        "log(1 + exp(-y z)) is computed as it is written: from margins of -89 on the value is inf and the gradient NaN, "
        "where they are 89 and -1.",
        "defect",
        """
import torch

logits = torch.tensor([-100.0, 3.0], requires_grad=True)
value = torch.nn.SoftMarginLoss()(logits, torch.tensor([1.0, 1.0]))
value.backward()
print(value.item(), logits.grad[0].item())
""",
        "inf nan",
    ),
    Reproduction(
        "torch.nn.MultiMarginLoss",
        "Reduces, Deterministic",
        "The mean of an empty batch is neither 0 nor NaN: it is memory that nobody wrote, another number at every "
        "call.",
        "defect",
        """
import torch

loss = torch.nn.MultiMarginLoss()
logits, target = torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)
found = set()
for turn in range(100):
    used = [torch.full((), float(turn)) for _ in range(8)]
    del used
    found.add(loss(logits, target).item())
print(len(found) > 1)
""",
        "True",
    ),
    Reproduction(
        "torch.nn.MultiLabelMarginLoss",
        "Reduces, Deterministic",
        "The same for this one.",
        "defect",
        """
import torch

loss = torch.nn.MultiLabelMarginLoss()
logits, target = torch.zeros(0, 3), torch.zeros(0, 3, dtype=torch.int64)
found = set()
for turn in range(100):
    used = [torch.full((), float(turn)) for _ in range(8)]
    del used
    found.add(loss(logits, target).item())
print(len(found) > 1)
""",
        "True",
    ),
    Reproduction(
        "torch.nn.KLDivLoss(log_target=True)",
        "WorkedExamples",
        "A class that cannot occur has the log-probability -inf and adds nothing to the divergence. With targets as "
        "probabilities that is so; with their logarithms the loss is NaN.",
        "defect",
        """
import torch

log_probs, target = torch.tensor([0.5, 0.5]).log(), torch.tensor([1.0, 0.0])
print(f"{torch.nn.KLDivLoss(reduction='sum')(log_probs, target):.4f}")
print(f"{torch.nn.KLDivLoss(reduction='sum', log_target=True)(log_probs, target.log()):.4f}")
""",
        "0.6931\nnan",
    ),
    Reproduction(
        "torch.nn.PoissonNLLLoss(full=True)",
        "FiniteOn",
        "Stirling's term is 0 for targets up to 1, but its gradient at the target 0 is NaN: the logarithm that was "
        "masked out still passes it back.",
        "defect",
        """
import torch

target = torch.tensor([0.0, 1.0, 3.0], requires_grad=True)
torch.nn.PoissonNLLLoss(full=True)(torch.zeros(3), target).backward()
print(target.grad)
""",
        "tensor([   nan, 0.0000, 0.4218])",
    ),
    Reproduction(
        "torch.nn.GaussianNLLLoss",
        "Scripts, Compiles, Transforms, ExportsONNX",
        "The check for a negative variance reads a tensor in Python: torch.compile(fullgraph=True), torch.func.vmap and "
        "the exporter stop there, and TorchScript refuses the source.",
        "limit",
        """
import torch

loss, rows = torch.nn.GaussianNLLLoss(), torch.ones(2, 3)
attempts = {
    "vmap": lambda: torch.func.vmap(loss)(rows, rows, rows),
    "compile": lambda: torch.compile(loss, fullgraph=True, backend="eager")(rows, rows, rows),
    "script": lambda: torch.jit.script(loss),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except Exception as error:
        print(name, "fails")
""",
        "vmap fails\ncompile fails\nscript fails",
    ),
    Reproduction(
        "torch.nn.GaussianNLLLoss",
        "StaysOnDevice",
        "The same check makes the host wait for the accelerator in every call. Tensors that have a place but no values show "
        "it on any machine.",
        "limit",
        """
import torch

rows = torch.ones(3, device="meta")
try:
    torch.nn.GaussianNLLLoss()(rows, rows, rows)
except RuntimeError as error:
    print(error)
""",
        "Tensor.item() cannot be called on meta tensors",
    ),
    Reproduction(
        "torch.nn.CTCLoss",
        "RejectsBadInput",
        "A label beyond the last class is accepted, and a number comes out that was read from beyond the scores.",
        "defect",
        """
import torch

scores = torch.zeros(4, 1, 3).log_softmax(-1)  # labels are 1 and 2, 0 is the blank
torch.nn.CTCLoss()(scores, torch.tensor([[1, 3]]), torch.tensor([4]), torch.tensor([2]))
print("accepted")
""",
        "accepted",
    ),
    Reproduction(
        "torch.nn.CTCLoss",
        "Differentiable(on=log_probs)",
        "The gradient is not that of the value: it is the one with respect to the scores before log_softmax, and right "
        "only if log_softmax comes first in the same graph.",
        "defect",
        """
import torch


def loss(log_probs):
    lengths = torch.tensor([4]), torch.tensor([2])
    return torch.nn.functional.ctc_loss(log_probs, torch.tensor([[1, 2]]), *lengths, reduction="sum")


log_probs = torch.full((4, 1, 3), 1 / 3, dtype=torch.float64).log().requires_grad_()
loss(log_probs).backward()
step = torch.zeros_like(log_probs)
step[0, 0, 0] = 1e-6
difference = (loss(log_probs.detach() + step) - loss(log_probs.detach() - step)) / 2e-6
print(f"gradient {log_probs.grad[0, 0, 0]:.4f}, difference quotient {difference:.4f}")
""",
        "gradient 0.0000, difference quotient -0.3333",
    ),
    Reproduction(
        "most of torch.nn",
        "Reduces",
        "The mean of an empty batch, or of one whose labels are all ignored, is NaN. The framework means it so; losskit "
        "gives 0, so that one worker without a valid row does not poison the others.",
        "convention",
        """
import torch

print(torch.nn.CrossEntropyLoss()(torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)))
print(torch.nn.HuberLoss()(torch.zeros(0), torch.zeros(0)))
""",
        "tensor(nan)\ntensor(nan)",
    ),
    Reproduction(
        "torch.nn.HuberLoss, KLDivLoss, BCEWithLogitsLoss ...",
        "RejectsBadInput",
        "Inputs outside the documented domain are taken: shapes that differ are broadcast (with a warning here), "
        "targets of 2 where 0 to 1 is documented, integers.",
        "convention",
        """
import torch

print(torch.nn.HuberLoss(reduction="none")(torch.zeros(3), torch.ones(3, 1)).shape)
print(torch.nn.BCEWithLogitsLoss()(torch.tensor([30.0]), torch.tensor([2.0])))
print(torch.nn.CosineEmbeddingLoss()(torch.ones(1, 3), -torch.ones(1, 3), torch.tensor([0])))
""",
        "torch.Size([3, 3])\ntensor(-30.)\ntensor(0.)",
    ),
    Reproduction(
        "torch.nn.TripletMarginLoss",
        "RotationInvariant(on=anchor + positive + negative)",
        "The parameter eps is added to each entry of a difference before the norm: a point has the distance "
        "1e-6 sqrt(D) from itself, and turning all points changes the loss by about as much.",
        "convention",
        """
import torch

point = torch.zeros(1, 2, dtype=torch.float64)
print(torch.nn.functional.pairwise_distance(point, point))
""",
        "tensor([1.4142e-06], dtype=torch.float64)",
    ),
)
