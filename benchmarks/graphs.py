"""Value and gradient of losses as graphs in ONNX Runtime against eager PyTorch, on the processor and with equal threads.

A session takes its inputs where they lie and keeps its outputs in memory of its own (IO binding), as eager does: neither side
pays for a copy to NumPy.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import onnxruntime
import torch
from torch import Tensor

import losskit
from benchmarks import inputs
from benchmarks.inputs import CLASSES, Inputs
from benchmarks.pairs import PAIRS, Pair
from benchmarks.timing import Row, command_line, interleave, rows, show_tables
from losskit.export.eager import differentiable
from losskit.export.graphs import narrowed, write_graph
from losskit.export.subject import Subject, prepare
from losskit.spec import LossSpec

Outputs = Callable[[], tuple[Any, ...]]  # a step that gives the value and the gradients
TITLE = f"graphs against eager: rows of {CLASSES} classes, or as many numbers, float32"
EAGER, GRAPH = "eager", "graph"
LIMIT = 1.5  # times eager, above which a graph is worth a look
SIZE = 256  # rows: enough for the work to hide what a call costs, and few enough not to wait for memory


def subject_of(name: str) -> tuple[Subject, dict[str, Tensor]]:
    """A loss with its peer's parameters, laid out for the inputs of the pair, and these inputs by name."""
    pair, spec = PAIRS[name], losskit.get(name)
    drawn = taken(pair)
    given = dict(zip([entry.name for entry in spec.inputs], drawn, strict=False))
    without = [entry.name for entry in spec.inputs if entry.name not in given]
    return prepare(spec, pair.parameters, ranks=ranks_of(spec, given), without=without), given


def taken(pair: Pair) -> Inputs:
    """The inputs of a pair that the loss takes."""
    return tuple(tensor.contiguous() for tensor in pair.inputs()[: pair.taken])


def ranks_of(spec: LossSpec, given: Mapping[str, Tensor]) -> dict[str, int]:
    """How many axes each symbol stands for that may stand for several."""
    return {
        symbol: given[entry.name].dim() - len(entry.shape) + 1
        for entry in spec.inputs
        for symbol in entry.shape
        if symbol.startswith("*") and entry.name in given
    }


def eager_step(subject: Subject, given: Mapping[str, Tensor]) -> Outputs:
    """One forward and one backward pass, to every input that the graph has a gradient of."""
    leaves = {name: tensor.clone() for name, tensor in given.items()}
    wanted = [leaves[name].requires_grad_() for name in differentiable(subject.axes)]

    def step() -> tuple[Tensor, ...]:
        value = subject.loss(**leaves)
        return value.detach(), *torch.autograd.grad(value, wanted)

    return step


def graph_step(content: bytes, given: Mapping[str, Tensor]) -> Outputs:
    """One run of a graph."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    for name, tensor in given.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(tensor.numpy()))
    for output in session.get_outputs():
        binding.bind_output(output.name, "cpu")

    def step() -> tuple[onnxruntime.OrtValue, ...]:
        session.run_with_iobinding(binding)
        return tuple(binding.get_outputs())

    return step


def steps_of(name: str) -> dict[str, Outputs]:
    """Both candidates of one loss, eager first."""
    subject, given = subject_of(name)
    return {
        EAGER: eager_step(subject, given),
        GRAPH: graph_step(write_graph(subject, gradient=True), given),
    }


def has_graph(name: str) -> bool:
    """Whether a loss is there and has a graph with the parameters of its pair."""
    return name in losskit.names() and not narrowed(subject_of(name)[0], "ExportsONNX")


def line(name: str, found: Sequence[Row]) -> str:
    """A row of the table; a ratio above the limit stands out."""
    eager, graph = found
    times = " | ".join(f"{row.seconds.middle * 1e3:.3g}" for row in (eager, graph))
    ratio = str(graph.ratio)
    return f"| {name} | {times} | {f'**{ratio}**' if graph.ratio.middle > LIMIT else ratio} |"


def options() -> argparse.Namespace:
    """The command line."""
    parser = command_line(TITLE)
    parser.add_argument("--rows", type=int, default=SIZE, help="rows of the inputs")
    parser.add_argument("names", nargs="*", metavar="NAME", help="losses; all if left out")
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    chosen = options()
    inputs.ROWS = chosen.rows
    title = f"{TITLE}, {chosen.rows} rows, {torch.get_num_threads()} threads, onnxruntime {onnxruntime.__version__}"
    names = chosen.names or [name for name in PAIRS if has_graph(name)]
    tables = ((name, rows(interleave(steps_of(name), chosen.repeats), {})) for name in names)
    show_tables(title, tables, "| loss | eager, ms | graph, ms | graph/eager |", line, chosen.json)


if __name__ == "__main__":
    main()
