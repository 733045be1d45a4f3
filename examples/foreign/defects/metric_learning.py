"""Losses of pytorch-metric-learning."""

from __future__ import annotations

from examples.foreign.defects.reproduction import Reproduction

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
        "NonNegative",
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
        "all eleven",
        "Compiles, Transforms, Scripts, ExportsONNX",
        "Pairs are picked with indices that depend on the labels, so there is no one graph: torch.compile takes NCALoss "
        "alone, and needs a second graph for another size; torch.func.vmap takes three of them. The library promises none of it.",
        "limit",
        """
import torch
from pytorch_metric_learning import losses

names = ["AngularLoss", "CircleLoss", "ContrastiveLoss", "FastAPLoss", "HistogramLoss", "NCALoss", "NTXentLoss"]
names += ["MultiSimilarityLoss", "SignalToNoiseRatioContrastiveLoss", "TripletMarginLoss", "TupletMarginLoss"]
attempts = {
    "compile": lambda loss: torch.compile(loss, fullgraph=True, backend="eager")(embeddings[0], labels),
    "script": torch.jit.script,
    "vmap": lambda loss: torch.func.vmap(loss, in_dims=(0, None))(embeddings, labels),
}
for what, attempt in attempts.items():
    embeddings, labels, taken = torch.randn(5, 8, 3), torch.arange(8) % 4, []
    for name in names:
        try:
            attempt(getattr(losses, name)())
        except Exception:
            continue
        taken.append(name)
    print(what, *taken or ["none"])
""",
        "compile NCALoss\nscript none\nvmap AngularLoss NTXentLoss TupletMarginLoss",
    ),
    Reproduction(
        "all eleven",
        "StaysOnDevice",
        "The indices of the pairs are counted on the host, which waits for the accelerator once a call or more often. The "
        "program counts the operations whose result the host reads.",
        "limit",
        """
import torch
from pytorch_metric_learning import losses
from torch.utils._python_dispatch import TorchDispatchMode


class Waits(TorchDispatchMode):
    found = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.found += func in (torch.ops.aten.nonzero.default, torch.ops.aten._local_scalar_dense.default)
        return func(*args, **(kwargs or {}))


for name in ("ContrastiveLoss", "NTXentLoss", "TripletMarginLoss", "MultiSimilarityLoss"):
    with Waits() as waits:
        getattr(losses, name)()(torch.randn(8, 2), torch.arange(8) % 4)
    print(name, waits.found)
""",
        "ContrastiveLoss 2\nNTXentLoss 2\nTripletMarginLoss 1\nMultiSimilarityLoss 3",
    ),
)
