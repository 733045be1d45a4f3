"""Losses of torch.nn whose exported graph computes something else."""

from __future__ import annotations

from examples.foreign.defects.reproduction import Reproduction

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

GRAPHS = (
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
)
