"""The hooks a plugin implements. Each docstring ends in a package that works as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from losskit.spec.extensions import Command, ExportTarget, GraphRuntime, PropertyKind, ReportFormat
    from losskit.spec.loss import LossSpec

PROJECT = "losskit"
API = (
    "0.1"  # the series of losskit that gave the hooks the form they have; a plugin may ask for it: LOSSKIT_API = "0.1"
)
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class LossHooks:
    """Hooks of the entry-point group ``losskit.losses``; the name of an entry is the name of the loss."""

    @hookspec
    def losskit_loss(self) -> LossSpec:  # type: ignore[empty-body]
        r"""Return the spec of the loss that this plugin module provides.

        The spec's name must be the entry point's name. The module of the plugin must import nothing heavier than
        ``losskit.spec``: it is imported to describe the loss, long before torch is needed.

        Example:
            The entry ``log_cosh = "smooth_losses"`` names this module:

            ```python
            # smooth_losses/__init__.py
            from losskit.spec import LossSpec, Parameters, hookimpl
            from losskit.spec.properties import Convex, NonNegative, ReducesTo
            from losskit.spec.tensors import elements


            class LogCoshParameters(Parameters):
                pass


            SPEC = LossSpec(
                name="log_cosh",
                title="Log-cosh loss",
                task="regression",
                summary="The logarithm of the hyperbolic cosine of the residual: quadratic near the target, linear far away.",
                formula=r"\ell(x, y) = \log \cosh (x - y)",
                parameters=LogCoshParameters,
                inputs=elements(),
                output=("*N",),
                claims=(
                    NonNegative().holds(source="cosh is at least 1"),
                    Convex(on="input").holds(source="second derivative 1 / cosh^2"),
                    ReducesTo(other="huber").fails(source="at 1: 0.434, and 0.5"),
                ),
                references=("huber1964robust",),
                module="smooth_losses.loss:LogCoshLoss",
                oracle="smooth_losses.reference:log_cosh",
            )


            @hookimpl
            def losskit_loss():
                return SPEC
            ```

            ```python
            # smooth_losses/loss.py
            import math

            from torch import Tensor
            from torch.nn.functional import softplus

            from losskit.plugins.base import ElementwiseLoss
            from losskit.plugins.ops.precision import widen
            from smooth_losses import SPEC


            class LogCoshLoss(ElementwiseLoss):
                spec = SPEC

                def value(self, input: Tensor, target: Tensor) -> Tensor:
                    distance = (widen(input) - widen(target)).abs()
                    return distance + softplus(-2.0 * distance) - math.log(2.0)
            ```

            ```python
            # smooth_losses/reference.py
            import numpy as np


            def log_cosh(input, target):
                residual = np.abs(input - target)
                return np.where(residual > 20, residual - np.log(2), np.log(np.cosh(np.minimum(residual, 20))))
            ```
        """


class ExtensionHooks:
    """Hooks of the entry-point group ``losskit.extensions``; the name of an entry is only a label.

    losskit's own features are registered by the same hooks. An extension module imports nothing heavier than
    ``losskit.spec``: what it returns are names, and places of code that is imported when it is used. A name that is
    given twice serves nobody, and losskit's own names are taken.
    """

    @hookspec
    def losskit_property_kinds(self) -> Sequence[PropertyKind]:  # type: ignore[empty-body]
        """Return words for the property vocabulary, each with the laws or the check that try to refute a claim of it.

        A law gives both sides of an equation or inequality; searching for a counterexample is done by the harness. The
        class of the property must lie in a module without torch, as specs import it.

        Example:
            The entry ``mirrored = "mirrored"`` names this module:

            ```python
            # mirrored/__init__.py
            from losskit.spec import Property, PropertyKind, hookimpl


            class Even(Property):
                \"\"\"The value stays the same when the named inputs change their signs together.\"\"\"

                on: str | tuple[str, ...]


            @hookimpl
            def losskit_property_kinds():
                return [PropertyKind("mirrored:Even", law="mirrored.laws:Mirror")]
            ```

            ```python
            # mirrored/laws.py
            from losskit.conformance.laws import Law, Sides


            class Mirror(Law):
                detail = "the value, and the value of the mirrored inputs"

                def sides(self, subject, data):
                    here = subject.read(data)
                    there = subject.read({**data, **{name: -data[name] for name in self.subjects}})
                    return Sides(here.value, there.value, noise=here.noise + there.noise)
            ```
        """

    @hookspec
    def losskit_export_targets(self) -> Sequence[ExportTarget]:  # type: ignore[empty-body]
        r"""Return what ``losskit export --to NAME`` can write, each with the place of the function that writes it.

        The function is given the loss with its parameters, reduction and axes, and returns the content of files.
        Where a target names a check, its main file is run and compared with the loss before anything is written.

        Example:
            The entry ``cards = "loss_cards"`` names this module:

            ```python
            # loss_cards/__init__.py
            from losskit.spec import ExportTarget, hookimpl


            @hookimpl
            def losskit_export_targets():
                return [ExportTarget("card", "a page about the loss", file="CARD.md", write="loss_cards.writing:write_card")]
            ```

            ```python
            # loss_cards/writing.py
            from losskit.export.targets import Order, Written


            def write_card(order: Order) -> Written:
                spec, given = order.subject.spec, order.subject.parameters
                lines = [f"# {spec.title}", "", spec.summary, "", *(f"- {name} = {value}" for name, value in given.items())]
                return Written({"CARD.md": "\n".join([*lines, ""]).encode()})
            ```
        """

    @hookspec
    def losskit_runtimes(self) -> Sequence[GraphRuntime]:  # type: ignore[empty-body]
        """Return what ``losskit verify FOLDER --runtime NAME`` can replay exported files in.

        A runtime loads the content of a file and runs it on named arrays; see :mod:`losskit.export.runtimes.base`.

        Example:
            The entry ``plain_ort = "plain_ort"`` names this module:

            ```python
            # plain_ort/__init__.py
            from losskit.spec import GraphRuntime, hookimpl


            @hookimpl
            def losskit_runtimes():
                made = "plain_ort.running:make"
                return [GraphRuntime("plain-ort", "ONNX Runtime without its optimisations", runs="onnx", make=made)]
            ```

            ```python
            # plain_ort/running.py
            import onnxruntime


            class PlainRuntime:
                name = f"onnxruntime {onnxruntime.__version__} without optimisations"

                def load(self, content):
                    options = onnxruntime.SessionOptions()
                    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
                    return PlainSession(onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"]))


            class PlainSession:
                def __init__(self, session):
                    self.session = session

                def run(self, inputs):
                    names = [output.name for output in self.session.get_outputs()]
                    return dict(zip(names, self.session.run(names, dict(inputs))))


            def make(axes, device):
                return PlainRuntime()
            ```
        """

    @hookspec
    def losskit_report_formats(self) -> Sequence[ReportFormat]:  # type: ignore[empty-body]
        r"""Return forms in which ``losskit verify --format NAME=FILE`` writes its report.

        Example:
            The entry ``tabbed = "tabbed"`` names this module:

            ```python
            # tabbed/__init__.py
            from losskit.spec import ReportFormat, hookimpl


            @hookimpl
            def losskit_report_formats():
                return [ReportFormat("tsv", "a line a claim, for spreadsheets", render="tabbed.rendering:to_tsv")]
            ```

            ```python
            # tabbed/rendering.py
            from losskit.conformance.report import Report


            def to_tsv(report: Report) -> str:
                rows = [("loss", "claim", "outcome")]
                rows += [(loss.name, one.claim, one.outcome) for loss in report.losses for one in loss.findings]
                return "".join("\t".join(row) + "\n" for row in rows)
            ```
        """

    @hookspec
    def losskit_commands(self) -> Sequence[Command]:  # type: ignore[empty-body]
        """Return commands of ``losskit``, each with the place of a Typer application.

        An error of :mod:`losskit.spec.errors` that a command raises becomes one sentence and an exit status.

        Example:
            The entry ``counting = "counting"`` names this module:

            ```python
            # counting/__init__.py
            from losskit.spec import Command, hookimpl


            @hookimpl
            def losskit_commands():
                return [Command("count", "count the losses of a task", app="counting.program:app")]
            ```

            ```python
            # counting/program.py
            import typer

            import losskit

            app = typer.Typer(add_completion=False)


            @app.command()
            def count(task: str) -> None:
                \"\"\"Count the losses of a task.\"\"\"
                typer.echo(len(losskit.find(task=task)))
            ```
        """
