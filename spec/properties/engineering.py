"""Engineering properties: every loss declares them; a spec may narrow one, with a reason."""

from losskit.spec.properties.base import Property


class Engineering(Property):
    """A property that every loss declares unless its spec narrows it."""

    default = True


class MatchesReference(Engineering):
    """Value and gradient equal the NumPy float64 oracle written from the paper's equation."""


class WorkedExamples(Engineering):
    """The worked values of the spec come out to 1e-9 in float64."""


class Reduces(Engineering):
    """``none``, ``sum`` and ``mean`` agree with each other, and nothing to average gives 0 with zero gradient."""


class Weighted(Engineering):
    """Whole-number sample weights act as if each row were repeated that many times."""


class IgnoresIndex(Engineering):
    """Rows with the ignored label act as if they were absent, whatever their other inputs hold."""


class BatchDecomposable(Engineering):
    """The mean over a batch is the mean of its rows taken alone."""


class FiniteOn(Engineering):
    """No NaN or Inf in value or gradient over the declared domain, scores of 1e4 and probabilities 0 and 1 included."""


class DTypeStable(Engineering):
    """float32, bfloat16 and float16 stay within their own error of float64; under autocast the result is float32."""


class DeviceParity(Engineering):
    """CPU and CUDA agree, and neither forward nor backward synchronises host and device."""


class Deterministic(Engineering):
    """The same inputs give the same bits twice."""


class Compiles(Engineering):
    """``torch.compile(fullgraph=True, dynamic=True)`` gives one graph with the same value and gradient."""


class Transforms(Engineering):
    """``torch.func.grad`` and ``torch.func.vmap`` agree with autograd; double backward where smooth enough."""


class Scripts(Engineering):
    """``torch.jit.script``, saved and loaded again, gives the same value and gradient."""


class ExportsONNX(Engineering):
    """One graph with dynamic axes for the value and one for value and gradient, equal to eager in ONNX Runtime."""


class RejectsBadInput(Engineering):
    """Wrong rank, size, dtype or value is refused by an error that names the input, the expected and the found."""


class RoundTrips(Engineering):
    """Pickle, deepcopy, state_dict and the JSON configuration restore the same loss."""
