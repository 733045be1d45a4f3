"""What fell when losses of other libraries were held to their documentation, each with a program that shows it."""

from examples.foreign.defects.eager import EAGER
from examples.foreign.defects.graphs import GRAPHS
from examples.foreign.defects.metric_learning import PML
from examples.foreign.defects.reproduction import Reproduction

TORCH = (*GRAPHS, *EAGER)

__all__ = ["PML", "TORCH", "Reproduction"]
