"""What fell when losses of other libraries were held to their documentation, each with a program that shows it.

The programs are complete: a reader pastes one and sees the lines that stand under it. ``examples.foreign.report`` runs
them all and writes the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Label = Literal["defect", "limit", "convention"]


@dataclass(frozen=True)
class Reproduction:
    """A claim that fell.

    Attributes:
        loss: as its users write it.
        claim: the property, in the words of the vocabulary.
        found: what is the case instead.
        label: ``defect``: against the documentation or the mathematics; ``limit``: a tool that fails with an error and
            was never promised; ``convention``: the library's rule, and not losskit's.
        code: a program.
        printed: what it prints with the versions of the report.
    """

    loss: str
    claim: str
    found: str
    label: Label
    code: str
    printed: str


RUN = '''
def run(module, inputs, shapes=None, other=None):
    """What ONNX Runtime computes of the graph that was traced with some inputs, at these or other ones."""
    program = torch.onnx.export(module, inputs, dynamo=True, verbose=False, dynamic_shapes=shapes)
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
    names = [entry.name for entry in session.get_inputs()]
    feed = {name: tensor.detach().numpy() for name, tensor in zip(names, other or inputs)}
    return session.run(None, feed)[0]
'''
ONNX = "import onnxruntime\nimport torch\n" + RUN

TORCH = (
    Reproduction(
        "torch.nn.CrossEntropyLoss(label_smoothing=0.5)",
        "ExportsONNX",
        "The exporter writes the operator SoftmaxCrossEntropyLoss, which knows no smoothing: the graph computes the "
        "loss without it, and nothing warns.",
        "defect",
        ONNX
        + """
loss = torch.nn.CrossEntropyLoss(label_smoothing=0.5)
logits, target = torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([0, 1])
print(f"eager {loss(logits, target):.4f}, graph {run(loss, (logits, target)):.4f}")
""",
        "eager 0.8225, graph 0.0725",
    ),
    Reproduction(
        'torch.nn.functional.cross_entropy(reduction="none")',
        "ExportsONNX",
        "With a dynamic batch the operation behind the loss is dropped: a mean comes out as the losses it should "
        "average.",
        "defect",
        ONNX
        + """
class Mean(torch.nn.Module):
    def forward(self, logits, target):
        return torch.nn.functional.cross_entropy(logits, target, reduction="none").mean(0)

logits, target = torch.tensor([[2.0, 0.0], [0.0, 4.0], [1.0, 1.0]]), torch.tensor([0, 1, 1])
rows = {0: torch.export.Dim.DYNAMIC}
print(f"eager {Mean()(logits, target):.4f}, graph {run(Mean(), (logits, target), (rows, rows)).round(4)}")
""",
        "eager 0.2794, graph [0.1269 0.0181 0.6931]",
    ),
    Reproduction(
        "torch.nn.CrossEntropyLoss",
        "ExportsONNX",
        "A label of -1 is an IndexError in eager. In the graph it is taken for some class, and a number comes out.",
        "defect",
        ONNX
        + """
loss = torch.nn.CrossEntropyLoss()
logits, target = torch.tensor([[2.0, 0.0], [0.0, 4.0]]), torch.tensor([0, -1])
try:
    loss(logits, target)
except IndexError as error:
    print(error)
print(bool(abs(run(loss, (logits, target.abs()), None, (logits, target))) < 1e9))
""",
        "Target -1 is out of bounds.\nTrue",
    ),
    Reproduction(
        "torch.nn.CrossEntropyLoss",
        "ExportsONNX",
        "With class probabilities as targets the export succeeds and writes a graph that ONNX Runtime refuses to load.",
        "defect",
        ONNX
        + """
logits = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
try:
    run(torch.nn.CrossEntropyLoss(), (logits, logits.softmax(1)))
except Exception as error:
    print(type(error).__name__)
""",
        "InvalidGraph",
    ),
    Reproduction(
        "torch.nn.CrossEntropyLoss",
        "ExportsONNX",
        "The gradient, traced with torch.func.vjp and exported without decomposing to core operators first, is N times "
        "too big for a batch of N.",
        "defect",
        """
import onnxruntime
import torch
from torch.fx.experimental.proxy_tensor import make_fx

def gradient(logits, target):
    value, pullback = torch.func.vjp(lambda z: torch.nn.functional.cross_entropy(z, target), logits)
    return pullback(torch.ones_like(value))[0]

logits, target = torch.tensor([[2.0, 0.0], [0.0, 4.0], [1.0, 1.0]]), torch.tensor([0, 1, 1])
graph = make_fx(gradient, tracing_mode="symbolic", _allow_non_fake_inputs=True)(logits, target)
program = torch.onnx.export(graph.eval(), (logits, target), dynamo=True, verbose=False)
session = onnxruntime.InferenceSession(program.model_proto.SerializeToString())
names = [entry.name for entry in session.get_inputs()]
found = session.run(None, {names[0]: logits.numpy(), names[1]: target.numpy()})[0]
print((torch.from_numpy(found) / gradient(logits, target))[:, 0])
""",
        "tensor([3.0000, 3.0000, 3.0000])",
    ),
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
        "torch.nn.BCEWithLogitsLoss",
        "ExportsONNX",
        "It exists to be stable, and is exported as a sigmoid followed by a logarithm: infinite where a "
        "target of 1 meets a score of about -100.",
        "defect",
        ONNX
        + """
loss = torch.nn.BCEWithLogitsLoss()
logits, target = torch.tensor([-150.0, -2.0]), torch.tensor([1.0, 1.0])
print(f"eager {loss(logits, target):.4f}, graph {run(loss, (logits, target)):.4f}")
""",
        "eager 76.0635, graph inf",
    ),
    Reproduction(
        "torch.nn.MultiLabelSoftMarginLoss",
        "ExportsONNX",
        "As above, and NaN where a score and its target agree.",
        "defect",
        ONNX
        + """
loss = torch.nn.MultiLabelSoftMarginLoss()
logits, target = torch.tensor([[150.0, -150.0]]), torch.tensor([[1.0, 0.0]])
print(f"eager {loss(logits, target):.4f}, graph {run(loss, (logits, target)):.4f}")
""",
        "eager 0.0000, graph nan",
    ),
    Reproduction(
        "torch.nn.MultiLabelMarginLoss",
        "ExportsONNX",
        "Targets that end early, as the documentation tells to mark with -1, give another number.",
        "defect",
        ONNX
        + """
loss = torch.nn.MultiLabelMarginLoss()
logits, target = torch.tensor([[0.1, 0.2, 0.4, 0.8]]), torch.tensor([[3, 0, -1, 1]])
print(f"eager {loss(logits, target):.4f}, graph {run(loss, (logits, target)):.4f}")
""",
        "eager 0.8500, graph 2.0500",
    ),
    Reproduction(
        "torch.nn.CosineEmbeddingLoss",
        "ExportsONNX",
        "The exporter's optimiser takes the guard against a zero vector, + 1e-12, for + 0 and removes it: the graph "
        "gives NaN where eager gives a number. Any x + 1e-12 of a module is removed so.",
        "defect",
        ONNX
        + """
loss = torch.nn.CosineEmbeddingLoss()
first, second, target = torch.zeros(2, 3), torch.ones(2, 3), torch.tensor([1, -1])
traced = (first + 0.5, second, target)
print(f"eager {loss(first, second, target):.4f}, graph {run(loss, traced, None, (first, second, target)):.4f}")
""",
        "eager 0.5000, graph nan",
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

PML = (
    Reproduction(
        "AngularLoss",
        "ScaleInvariant(on=embeddings, axis=D)",
        "The loss insists on a distance of normalised embeddings, normalises anchors and positives, and multiplies them "
        "with negatives as they come: the value depends on their length.",
        "defect",
        """
import torch
from pytorch_metric_learning.losses import AngularLoss

embeddings = torch.tensor([[1.0, 0.2], [0.8, 0.4], [0.3, 1.0], [-0.2, 1.0]])
labels = torch.tensor([0, 0, 1, 1])
print(f"{AngularLoss()(embeddings, labels):.4f} {AngularLoss()(10 * embeddings, labels):.4f}")
""",
        "0.6663 25.7780",
    ),
    Reproduction(
        "HistogramLoss",
        "FiniteOn",
        "Two embeddings of the same direction have the cosine 1, which falls beyond the last bin: the call fails.",
        "defect",
        """
import torch
from pytorch_metric_learning.losses import HistogramLoss

embeddings = torch.tensor([[3.0, 4.0], [3.0, 4.0], [0.0, 1.0], [1.0, 0.0]])
try:
    HistogramLoss()(embeddings, torch.tensor([0, 0, 1, 1]))
except RuntimeError as error:
    print(error)
""",
        "index 101 is out of bounds for dimension 0 with size 101",
    ),
    Reproduction(
        "TupletMarginLoss",
        "FiniteOn",
        "The angle of a positive pair is taken with acos, whose slope at 1 is infinite: two embeddings of the same "
        "direction make every gradient NaN.",
        "defect",
        """
import torch
from pytorch_metric_learning.losses import TupletMarginLoss

embeddings = torch.tensor([[3.0, 4.0], [3.0, 4.0], [0.0, 1.0], [1.0, 0.0]], requires_grad=True)
value = TupletMarginLoss()(embeddings, torch.tensor([0, 0, 1, 1]))
value.backward()
print(value.isfinite().item(), embeddings.grad[0])
""",
        "True tensor([nan, nan])",
    ),
    Reproduction(
        "NCALoss",
        "Reduces",
        "A batch without a positive pair is worth 0 to the other losses of the library; here it is NaN.",
        "defect",
        """
import torch
from pytorch_metric_learning.losses import NCALoss, NTXentLoss

embeddings, labels = torch.eye(4), torch.tensor([0, 1, 2, 3])
print(NTXentLoss()(embeddings, labels).item(), NCALoss()(embeddings, labels).item())
""",
        "0.0 nan",
    ),
    Reproduction(
        "SignalToNoiseRatioContrastiveLoss",
        "FiniteOn",
        "The variance of the anchor divides: an embedding with equal entries gives inf.",
        "defect",
        """
import torch
from pytorch_metric_learning.losses import SignalToNoiseRatioContrastiveLoss

embeddings = torch.tensor([[1.0, 1.0], [0.5, 2.0], [3.0, 1.0]])
print(SignalToNoiseRatioContrastiveLoss()(embeddings, torch.tensor([0, 0, 1])))
""",
        "tensor(inf)",
    ),
    Reproduction(
        "ContrastiveLoss, NTXentLoss ...",
        "DTypeStable",
        "The guard of the normalisation, 1e-12, is 0 in float16. A zero embedding then gives NaN (NTXentLoss), or its "
        "pairs count as absent, because NaN is not above 0 (ContrastiveLoss gives 0 where float32 gives 1).",
        "defect",
        """
import torch
from pytorch_metric_learning.losses import ContrastiveLoss, NTXentLoss

labels = torch.tensor([0, 0, 1, 1])
for dtype in (torch.float32, torch.float16):
    zero = torch.zeros(4, 2, dtype=dtype)
    print(f"{ContrastiveLoss()(zero, labels):.4f} {NTXentLoss()(zero, labels):.4f}")
""",
        "1.0000 1.0986\n0.0000 nan",
    ),
    Reproduction(
        "ContrastiveLoss, TripletMarginLoss ...",
        "RotationInvariant(on=embeddings)",
        "The default reducer averages over pairs with a loss above 0, as documented: one pair that rounding moves off 0 "
        "changes the divisor, so the value jumps.",
        "convention",
        """
import torch
from pytorch_metric_learning.losses import ContrastiveLoss

labels = torch.tensor([0, 0, 1, 1, 2, 2])
for turn in (0.0, 1e-6):
    embeddings = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [turn, 1.0]], dtype=torch.float64)
    embeddings = torch.cat([embeddings, torch.tensor([[-1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)])
    print(f"{ContrastiveLoss()(embeddings, labels):.4f}")
""",
        "1.4142\n0.7071",
    ),
    Reproduction(
        "all ten",
        "Compiles, Transforms, Scripts, ExportsONNX",
        "Pairs are picked with indices that depend on the labels, so there is no one graph; the library does not "
        "promise one.",
        "limit",
        """
import torch
from pytorch_metric_learning.losses import ContrastiveLoss

try:
    compiled = torch.compile(ContrastiveLoss(), fullgraph=True, backend="eager")
    compiled(torch.eye(4), torch.tensor([0, 0, 1, 1]))
except Exception:
    print("no one graph")
""",
        "no one graph",
    ),
)
