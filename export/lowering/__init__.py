"""The project's own way from core ATen to ONNX: one function an operator, standard operators only, every node once."""

from losskit.export.lowering.errors import NoLoweringError
from losskit.export.lowering.model import to_model
from losskit.export.lowering.walk import walk

__all__ = ["NoLoweringError", "to_model", "walk"]
