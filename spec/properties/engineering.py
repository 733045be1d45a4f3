"""Engineering properties: every loss declares them; a spec may narrow one, with a reason."""

from losskit.spec.properties.base import Property


class Engineering(Property):
    """A property that every loss declares unless its spec narrows it."""

    default = True


class MatchesReference(Engineering):
    """Value and gradient equal the NumPy float64 oracle written from the paper's equation.

    So they do by the way that a loss takes on an accelerator, where it reads no values.
    """


class WorkedExamples(Engineering):
    """The worked values of the spec come out to 1e-9 in float64, by the way that a loss takes on an accelerator, too."""


class Reduces(Engineering):
    """``none``, ``sum``, ``mean`` and ``sum_count`` agree with each other, and nothing to average gives 0 with zero gradient.

    Under ``losskit.debug()`` that is refused, and what leaves something to average is not.
    """


class Weighted(Engineering):
    """Whole-number sample weights act on value and gradient as if each row were repeated that often, 0 as if it were absent."""


class IgnoresIndex(Engineering):
    """Rows with the ignored label act as if they were absent, whatever their other inputs hold."""


class BatchDecomposable(Engineering):
    """The mean over a batch is the mean of its rows taken alone, those left out that have nothing to average."""


class FiniteOn(Engineering):
    """No NaN or Inf in value or gradient over the declared domain, scores of 1e4 and probabilities 0 and 1 included.

    Nothing in the domain is refused but what the spec shows as an example that is: vectors that must not all be zero.
    """


class DTypeStable(Engineering):
    """float32, bfloat16 and float16 stay within their own error of float64; under autocast the result is float32.

    Inputs of float32 beside others of float64 give it within the error of float32, or are refused by name.
    """


class DeviceParity(Engineering):
    """CPU and CUDA agree on value and gradients."""


class StaysOnDevice(Engineering):
    """All that is computed lies where the inputs lie, and neither forward nor backward makes the host wait for it.

    An accelerator that the host waits for stands idle meanwhile: for a number that decides what comes next, a result
    whose size depends on values, a literal that is copied over. Checked on every machine, with tensors that have a place
    but no values; with CUDA the framework's own alarm is set, too. Left out is ``reduction="none"`` of a loss that has as
    many values as the labels say: the host must count them.
    """


class Deterministic(Engineering):
    """The same bits twice, of value and gradient: from one module, a newly built one and a second backward pass.

    At a fixed number of threads: the framework itself adds long sums in another order with another number of them. A
    loss that draws random numbers takes a ``generator``, and seeded alike gives the same bits; the framework's own
    generator is left as it was.
    """


class Compiles(Engineering):
    """``torch.compile(fullgraph=True, dynamic=True)`` gives one graph with the same value and gradient."""


class Transforms(Engineering):
    """``torch.func.grad``, ``torch.func.vmap`` and dual numbers agree with autograd: at worked values, on many rows, on none."""


class Scripts(Engineering):
    """``torch.jit.script``, saved and loaded again, gives the same value and gradient."""


class ExportsONNX(Engineering):
    """One graph with dynamic axes for the value and one for value and gradient, equal to eager in ONNX Runtime."""


class GraphKeepsLaws(Engineering):
    """Invariances, signs, bounds, convexity, order, minima and zeros that the spec claims hold of the exported graph, too.

    The law of each such claim compares values that ONNX Runtime computes from the graph in float32, on batches of sizes
    that were not traced. Claims that no graph was asked for are named.
    """


class GraphRejectsBadInput(Engineering):
    """A wrong input that the module refuses makes the exported graph fail, or the spec declares what comes out.

    Checked both ways: whatever the graph answers is declared in ``graph_accepts``, and whatever is declared is answered
    as it says. Declarations speak of ONNX Runtime on the CPU.
    """


class ShardsAcross(Engineering):
    """The loss on a batch that is split over ``torch.distributed`` ranks is the loss of the whole batch.

    With :class:`losskit.plugins.distributed.AcrossRanks` around it every rank returns the value of the whole batch, and
    the gradients, averaged over the ranks as ``DistributedDataParallel`` averages them, are those of the whole batch;
    for 2 to ``ranks`` processes, parts of unequal sizes and empty parts included.
    """

    ranks: int = 3


class RejectsBadInput(Engineering):
    """Wrong rank, size, dtype or value is refused by an error that names the input, the expected and the found."""


class RoundTrips(Engineering):
    """Pickle, deepcopy, state_dict and the JSON configuration restore the same loss."""
