"""The property kinds and report formats of losskit itself, registered as those of any extension."""

from __future__ import annotations

from losskit.spec import PropertyKind, ReportFormat, hookimpl

HERE = "losskit.conformance"
PROPERTIES = "losskit.spec.properties"

# Kind, and the law for both verdicts or one for each.
LAWS: dict[str, tuple[str, ...]] = {
    "AffineInvariant": ("gradient:affine", "gradient:not_affine"),
    "ArgumentSymmetric": ("invariance:Exchange",),
    "Bounded": ("analytic:both_ends", "analytic:Unbounded"),
    "Concave": ("curved:Arch",),
    "Continuous": ("continuity:Unbroken",),
    "Convex": ("analytic:Jensen",),
    "Differentiable": ("derivative:smooth", "derivative:SoughtKink"),
    "DivergenceAxioms": ("axioms:divergence",),
    "DuplicationInvariant": ("duplication:Copies",),
    "Elicits": ("elicited:Best",),
    "FirstVariation": ("variation:Variation",),
    "Homogeneous": ("carried:homogeneous", "invariance:Homogeneity"),
    "LabelSymmetric": ("carried:label_symmetric", "signs:label_symmetric"),
    "Lipschitz": ("growth:steepness",),
    "MarginBased": ("signs:of_the_margin",),
    "MinimisedAt": ("place:Least",),
    "Monotone": ("analytic:Order",),
    "NonNegative": ("analytic:Sign",),
    "PermutationInvariant": ("carried:reordered", "signs:reordered"),
    "QuasiConvex": ("curved:Level",),
    "ReducesTo": ("relation:related",),
    "RotationInvariant": ("carried:rotation", "invariance:Rotation"),
    "ScaleInvariant": ("gradient:scale", "invariance:Scale"),
    "ShiftInvariant": ("gradient:shift", "invariance:Shift"),
    "Smooth": ("growth:Curvature",),
    "SpatialInvariant": ("spatial:Turned",),
    "StrictlyConvex": ("curved:strict", "curved:Bent"),
    "TranslationInvariant": ("invariance:Translation",),
    "TriangleInequality": ("distance:Detour",),
    "UpperBounds": ("bound:above",),
    "ZeroAt": ("place:Zero",),
}
CHECKS = {
    "BatchDecomposable": "checks.reduction:batch_decomposable",
    "ClassificationCalibrated": "decision.calibration:calibration",
    "Compiles": "checks.tooling:compiles",
    "DTypeStable": "checks.numerics:dtype_stable",
    "Deterministic": "checks.numerics:deterministic",
    "DeviceParity": "checks.devices:device_parity",
    "ExportsONNX": "checks.graphs:exports_onnx",
    "FiniteOn": "checks.finite:finite_on",
    "FisherConsistent": "decision.calibration:fisher_consistent",
    "GraphKeepsLaws": "checks.graph_laws:graph_keeps_laws",
    "GraphRejectsBadInput": "checks.graph_inputs:graph_rejects_bad_input",
    "HConsistencyBound": "decision.consistency:consistency",
    "IgnoresIndex": "checks.ignored:ignores_index",
    "MatchesReference": "checks.reference:matches_reference",
    "NoiseTolerant": "decision.noise:noise_tolerant",
    "Proper": "decision.proper:proper",
    "Reduces": "checks.reduction:reduces",
    "RejectsBadInput": "checks.inputs:rejects_bad_input",
    "RoundTrips": "checks.tooling:round_trips",
    "Scripts": "checks.tooling:scripts",
    "ShardsAcross": "checks.sharding:shards_across",
    "StaysOnDevice": "checks.devices:stays_on_device",
    "StrictlyProper": "decision.proper:strictly_proper",
    "TopKCalibrated": "decision.calibration:calibration",
    "Transforms": "checks.transforms:transforms",
    "Weighted": "checks.weights:weighted",
    "WorkedExamples": "checks.worked:worked_examples",
}


@hookimpl
def losskit_property_kinds() -> list[PropertyKind]:
    """The vocabulary: laws for what an equation or inequality says, checks for the rest."""
    by_law = [
        PropertyKind(f"{PROPERTIES}:{kind}", *(f"{HERE}.laws.{law}" for law in laws)) for kind, laws in LAWS.items()
    ]
    return [*by_law, *(PropertyKind(f"{PROPERTIES}:{kind}", check=f"{HERE}.{place}") for kind, place in CHECKS.items())]


@hookimpl
def losskit_report_formats() -> list[ReportFormat]:
    """Forms of the report, each with an option of ``losskit verify`` that is shorter than ``--format``."""
    return [
        ReportFormat("json", "the whole report as JSON", render=f"{HERE}.report:to_json"),
        ReportFormat("junit", "JUnit XML for continuous integration", render=f"{HERE}.report:to_junit"),
        ReportFormat("html", "a page with every claim", render=f"{HERE}.report:to_html"),
        ReportFormat("badge", "the number of claims as an SVG badge", render=f"{HERE}.report:to_badge"),
    ]
