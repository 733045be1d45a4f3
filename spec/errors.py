"""Every error losskit raises on purpose: one sentence that says what was wrong, what was expected and what to do."""


class LosskitError(Exception):
    """Base of all errors raised by losskit."""


class SpecError(LosskitError):
    """A specification contradicts itself or names something that does not exist.

    Deliberately no ``ValueError``: pydantic would swallow it into a report of several lines.
    """


class ParameterError(LosskitError, ValueError):
    """A parameter of a loss is unknown or outside its domain."""


class InputError(LosskitError, ValueError):
    """An input tensor has the wrong rank, size or values."""


class InputTypeError(LosskitError, TypeError):
    """An input is no tensor, or a tensor of the wrong dtype."""


class StepError(LosskitError, ArithmeticError):
    """A training step cannot be taken in the numbers at hand; nothing was changed."""


class UnknownLossError(LosskitError, LookupError):
    """No registered loss has this name."""


class PluginError(LosskitError):
    """A plugin is broken, ambiguous or incompatible."""


class ScaffoldError(LosskitError):
    """A package for a new loss cannot be written as it was asked for."""


class MissingExtraError(LosskitError, ImportError):
    """A command needs an optional dependency that is not installed."""


class ExportError(LosskitError):
    """A loss cannot be written as a graph, or the graph does not say what the loss says."""


class NotExportableError(ExportError):
    """The spec says that the loss has no graph at these parameters, and why."""


class ArtifactError(LosskitError):
    """An exported artifact folder is incomplete, unsafe or was changed."""


class PictureError(LosskitError):
    """A loss cannot be drawn, or not into this kind of file."""
