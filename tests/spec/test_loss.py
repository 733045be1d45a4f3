"""A spec that contradicts itself is refused when it is built, with the sentence that says where."""

from typing import Any

import pytest
from pydantic import Field, ValidationError

from losskit.spec import (
    Accepted,
    AtLeast,
    Between,
    Claim,
    EdgeCase,
    Example,
    Interval,
    Least,
    LossSpec,
    Narrowing,
    Parameters,
    ParameterSet,
    Property,
)
from losskit.spec.coupling import batch_symbol
from losskit.spec.errors import SpecError
from losskit.spec.expressions import Expression, symbol
from losskit.spec.properties import (
    ArgumentSymmetric,
    Bounded,
    ClassificationCalibrated,
    Convex,
    Differentiable,
    LabelSymmetric,
    Lipschitz,
    Monotone,
    NonNegative,
    ReducesTo,
    ShiftInvariant,
)
from losskit.spec.tensors import ClassIndex, Input, class_target, logits, real


class Tau(Parameters):
    tau: float = Field(1.0, ge=0)


def spec(**changes: Any) -> LossSpec:
    """A small valid spec with some of its fields changed."""
    plain: dict[str, Any] = {
        "name": "sample",
        "title": "Sample",
        "task": "classification",
        "summary": "A spec to change.",
        "formula": "z",
        "parameters": Tau,
        "inputs": (logits("B", "C"), class_target("B")),
        "output": ("B",),
        "claims": (),
        "references": ("ghosh2017robust",),
        "module": "sample.loss:Sample",
        "oracle": "sample.reference:sample",
    }
    return LossSpec.model_validate({**plain, **changes})


def refused(**changes: Any) -> str:
    """The sentence with which a spec is refused."""
    with pytest.raises(SpecError) as caught:
        spec(**changes)
    return str(caught.value)


def claims(*given: Claim) -> str:
    return refused(claims=given)


def test_the_sample_is_accepted() -> None:
    assert spec().symbols() == ("B", "C")
    assert spec().differentiable() == ("logits",)


def test_a_claim_on_an_unknown_input() -> None:
    sentence = claims(Convex(on="logit").holds())
    assert sentence == "sample: claim Convex(on=logit) holds speaks of 'logit', expected one of logits, target, tau"


def test_a_claim_on_an_unknown_axis() -> None:
    sentence = claims(ShiftInvariant(on="logits", axis="K").holds())
    assert sentence.endswith("speaks of the axis 'K' of logits, which has (B, C)")


def test_a_claim_on_an_axis_of_an_input_that_lacks_it() -> None:
    assert claims(ShiftInvariant(on="target", axis="C").holds()).endswith("axis 'C' of target, which has (B,)")


def test_a_claim_on_an_axis_of_a_parameter() -> None:
    assert claims(ShiftInvariant(on="tau", axis="C").holds()).endswith("axis 'C' of tau, which has no shape")


def test_leaving_out_an_input_that_is_not_optional() -> None:
    sentence = claims(Convex(on="logits", absent=("target",)).holds())
    assert sentence == (
        "sample: claim Convex(on=logits, absent=target) holds leaves out 'target', "
        "expected one of none, for no input is optional"
    )


def test_exchanging_an_unknown_input() -> None:
    assert "speaks of 'other'" in claims(ArgumentSymmetric(a="logits", b="other").holds())


def test_a_limit_of_an_unknown_parameter() -> None:
    link = ReducesTo(other="hinge", relation="limit", limit={"beta": 0.0})
    assert "speaks of 'beta'" in claims(link.holds())


def test_a_link_that_fixes_an_unknown_input() -> None:
    assert "speaks of 'margin'" in claims(ReducesTo(other="hinge", given={"margin": (1.0,)}).holds())


def test_a_regime_outside_the_domain() -> None:
    sentence = claims(NonNegative().holds(when={"tau": Between(-1, 1)}))
    assert sentence == (
        "sample: claim NonNegative holds when tau in [-1, 1] leaves the domain of tau, which is [0, inf)"
    )


def test_a_value_outside_the_domain() -> None:
    assert claims(NonNegative().holds(when={"tau": None})).endswith("leaves the domain of tau, which is [0, inf)")


def test_a_regime_of_an_unknown_name() -> None:
    assert claims(NonNegative().holds(when={"beta": 1})).endswith("restricts 'beta', expected one of B, C, tau")


def test_a_size_below_zero() -> None:
    assert claims(NonNegative().holds(when={"C": Between(-1, 2)})).endswith("gives the size C a value below 0")


def test_a_narrowing_outside_the_domain() -> None:
    narrowing = Narrowing(property="FiniteOn", reason="overflows", when={"tau": Interval(low=-1, high=1)})
    assert refused(narrowed=(narrowing,)).startswith("sample: the narrowing of FiniteOn leaves the domain of tau")


def test_a_narrowing_of_a_property_that_must_be_claimed() -> None:
    sentence = refused(narrowed=(Narrowing(property="Convex", reason="it is not"),))
    assert sentence.startswith("sample: narrows 'Convex', expected one of BatchDecomposable, Compiles, ")


def test_a_constant_with_an_unknown_symbol() -> None:
    sentence = claims(Lipschitz(on="logits", constant=1 / symbol("beta")).holds())
    assert sentence.endswith("computes with 'beta', expected one of B, C, logits, target, tau")


def test_a_link_that_computes_with_an_unknown_symbol() -> None:
    assert "computes with 'beta'" in claims(ReducesTo(other="hinge", parameters={"margin": symbol("beta")}).holds())
    assert "computes with 'beta'" in claims(ReducesTo(other="hinge", inputs={"x": -symbol("beta")}).holds())


LEFT, RIGHT = {"tau": Between(0, 1)}, {"tau": AtLeast(1)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Convex(on="logits").holds(when=LEFT), Convex(on="logits").fails(when=RIGHT)),
        (NonNegative().holds(), NonNegative().fails(when={"tau": 2, "C": 2})),
        (Lipschitz(on="logits", constant=1.0).holds(), Lipschitz(on="logits").fails()),
        (Lipschitz(on="logits", constant=1.0, tight=False).holds(), Lipschitz(on="logits", constant=1.0).fails()),
        (Bounded(lower=0.0, upper=1.0).holds(), Bounded().fails()),
        (LabelSymmetric().holds(), LabelSymmetric(region="distinct").fails()),
        (ClassificationCalibrated().holds(), ClassificationCalibrated(distributions="majority").fails()),
        (
            Monotone(on="logits", direction="decreasing").holds(),
            Monotone(on="logits", direction="decreasing", part="label").fails(),
        ),
    ],
)
def test_contradictions_on_a_common_regime(one: Claim, other: Claim) -> None:
    for pair in ((one, other), (other, one)):
        assert claims(*pair) == f"sample: the claims '{pair[0]}' and '{pair[1]}' contradict each other"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Convex(on="logits").holds(when=LEFT), Convex(on="logits").fails(when={"tau": Between(1, 9, "right")})),
        (LabelSymmetric(region="distinct").holds(), LabelSymmetric().fails()),
        (Differentiable(on="logits").holds(), Differentiable(on="logits", order=2).fails()),
        (ClassificationCalibrated(distributions="majority").holds(), ClassificationCalibrated().fails()),
        (Lipschitz(on="logits", constant=1.0).holds(), Lipschitz(on="logits", constant=0.5).fails()),
        (Lipschitz(on="logits", constant=1.0, norm="linf").holds(), Lipschitz(on="logits", constant=1.0).fails()),
        (ShiftInvariant(on="logits", axis="C").holds(), ShiftInvariant(on="logits").fails()),
        (
            Monotone(on="logits", direction="decreasing", part="label").holds(),
            Monotone(on="logits", direction="decreasing").fails(),
        ),
    ],
)
def test_claims_that_only_look_like_contradictions(one: Claim, other: Claim) -> None:
    assert len(spec(claims=(one, other)).claims) == 2
    assert len(spec(claims=(other, one)).claims) == 2


def test_the_same_claim_twice() -> None:
    sentence = claims(NonNegative().holds(source="one"), NonNegative().holds(source="another"))
    assert sentence == "sample: the claim 'NonNegative holds' is made twice"


def test_an_unknown_reference() -> None:
    sentence = refused(references=("nobody1900",))
    assert sentence.startswith(
        "reference 'nobody1900' is not in the BibTeX file losskit.spec:references.bib; found agarap2018"
    )


@pytest.mark.parametrize("place", ["losskit.spec:missing.bib", "losskit.nowhere:references.bib"])
def test_a_missing_bibliography(place: str) -> None:
    sentence = refused(references=({"key": "ghosh2017robust", "file": place},))
    assert sentence.startswith(f"BibTeX file {place} cannot be read: ")


def test_an_example_with_an_unknown_input() -> None:
    sentence = refused(examples=(Example(inputs={"scores": [1.0]}, expected=1.0),))
    assert sentence == "sample: an example gives the input 'scores', expected one of logits, target"


def test_an_example_with_an_unknown_parameter() -> None:
    shown = Example(inputs={}, parameters={"beta": 1.0}, expected=1.0)
    sentence = refused(edge_cases=(EdgeCase(case="beta", expected="1", examples=(shown,)),))
    assert sentence == "sample: an example gives the parameter 'beta', which does not exist"


def test_an_example_without_an_outcome() -> None:
    sentence = refused(examples=(Example(inputs={}),))
    assert sentence == "sample: an example needs an expected value or the input to be refused"


def test_an_example_that_is_refused_may_say_what_comes_out_where_values_are_not_checked() -> None:
    shown = Example(inputs={}, expected=1.0, refused="logits")
    assert spec(examples=(shown,)).examples == (shown,)


def test_an_example_with_weights_that_the_loss_does_not_take() -> None:
    sentence = refused(weights=None, examples=(Example(inputs={}, sample_weight=[1.0], expected=1.0),))
    assert sentence == "sample: an example gives a sample_weight, which this loss does not take"


@pytest.mark.parametrize("changes", [{"gradient": "surrogate"}, {"detached": "the weight"}])
def test_a_surrogate_gradient_says_what_is_detached(changes: dict[str, str]) -> None:
    assert refused(**changes) == "sample: a surrogate gradient, and only that, must say what is detached"


def test_a_surrogate_gradient_has_a_formula() -> None:
    sentence = refused(gradient="surrogate", detached="the weight")
    assert sentence == "sample: a surrogate gradient needs a formula to be compared with, oracle_gradient"


def test_a_name_for_an_input_and_a_parameter() -> None:
    assert refused(inputs=(real("tau", "B"),)) == "sample: 'tau' names an input and a parameter"


def test_an_optional_input_may_stand_in_place_of_a_parameter() -> None:
    entry = real("tau", optional=True)
    assert spec(inputs=(*spec().inputs, entry)).input("tau") == entry


def test_a_name_for_two_inputs() -> None:
    assert refused(inputs=(logits("B"), logits("B"))) == "sample: 'logits' names two inputs"


def test_a_name_that_every_loss_uses_already() -> None:
    sentence = refused(inputs=(real("sample_weight", "B"),))
    assert sentence == "sample: 'sample_weight' is an argument of every loss, expected another name"


def test_a_parameter_bounded_by_the_size_of_nothing() -> None:
    class Count(Parameters):
        k: int = Field(1, ge=1, json_schema_extra={"at_most": "K"})

    assert refused(parameters=Count) == "sample: parameter k is at most 'K', expected one of B, C"


def test_weights_shaped_like_nothing() -> None:
    assert refused(weights="pairs") == (
        "sample: weights have the shape of 'pairs', expected one of logits, output, target"
    )


def test_one_number_of_the_batch_has_no_shape_for_weights() -> None:
    whole = spec(output=(), weights="target", coupling="batch")
    assert batch_symbol(whole) == "B"
    assert refused(output=(), coupling="batch") == (
        "sample: weights have the shape of 'output', expected one of logits, target"
    )


@pytest.mark.parametrize(("domain", "known"), [(ClassIndex(of="K"), "B, C"), (ClassIndex(of="C", ignore="K"), "tau")])
def test_class_ids_of_an_unknown_axis_or_with_an_unknown_ignored_id(domain: ClassIndex, known: str) -> None:
    target = Input(name="target", shape=("B",), dtype="int64", domain=domain, differentiable=False)
    sentence = refused(inputs=(logits("B", "C"), target))
    assert sentence == f"sample: the domain of input target names 'K', expected one of {known}"


def test_a_property_outside_the_vocabulary() -> None:
    with pytest.raises(SpecError, match="claim names the property 'Nice', expected one of AffineInvariant, "):
        Claim.model_validate({"property": {"kind": "Nice"}, "verdict": "holds"})


@pytest.mark.parametrize("changes", [{"name": "Sample"}, {"task": "cooking"}, {"surplus": 1}, {"claims": ("convex",)}])
def test_fields_of_the_wrong_form(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spec(**changes)


def test_a_spec_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        spec().name = "other"  # type: ignore[misc]


def test_a_spec_survives_json() -> None:
    full = spec(
        claims=(
            Lipschitz(on="logits", constant=2 ** symbol("tau")).holds(when={"tau": Between(1, 2, "left")}),
            ReducesTo(other="hinge", parameters={"cap": float("inf"), "mode": "all"}).holds(when={"C": 2}),
        ),
        examples=(Example(inputs={"logits": [[float("-inf"), 0.0]]}, expected=float("inf")),),
    )
    again = LossSpec.model_validate_json(full.model_dump_json())
    assert again == full
    assert isinstance(again.claims[0].property, Lipschitz)
    assert isinstance(again.claims[0].property.constant, Expression)


def test_parameters_may_be_given_as_data() -> None:
    assert spec(parameters=ParameterSet.of(Tau)) == spec()


def test_the_definition_of_every_property_is_its_docstring() -> None:
    for kind in Property.__subclasses__():
        assert kind.definition().endswith(tuple(".)`")), kind


def test_what_a_graph_accepts_is_an_input_of_the_loss() -> None:
    known = Accepted(
        input="target", wrong="class id -C to -1", meaning="counted from the end", when={"tau": AtLeast(1)}
    )
    assert spec(graph_accepts=(known,)).graph_accepts == (known,)
    assert str(known) == "target, class id -C to -1: counted from the end"
    with pytest.raises(SpecError, match="graph_accepts speaks of 'labels', expected one of logits, target"):
        spec(graph_accepts=(known.model_copy(update={"input": "labels"}),))
    with pytest.raises(SpecError, match="what the graph accepts of target leaves the domain of tau"):
        spec(graph_accepts=(known.model_copy(update={"when": {"tau": AtLeast(-1)}}),))


def test_the_least_sizes_are_of_known_symbols_and_bound_regimes() -> None:
    assert "least speaks of 'K', expected one of B, C" in refused(least={"K": 2})
    wide = NonNegative().holds(when={"C": Between(1, 3)})
    assert "gives the size C a value below 2" in refused(least={"C": 2}, claims=(wide,))
    assert spec(least={"C": 2}, claims=(NonNegative().holds(when={"C": Between(2, 3)}),)).least == {"C": 2}


def test_least_sizes_of_a_regime_and_unrolled_axes_are_of_known_symbols() -> None:
    least = Least(symbol="K", size=2, when={"tau": Between(0, 1)})
    assert "least_when speaks of 'K', expected one of B, C" in refused(least_when=(least,))
    outside = Least(symbol="C", size=2, when={"tau": Between(-1, 1)})
    assert "the least C leaves the domain of tau" in refused(least_when=(outside,))
    assert "unrolled speaks of 'L', expected one of B, C" in refused(unrolled=("L",))
