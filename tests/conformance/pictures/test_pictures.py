"""What is drawn is what the loss says: values equal the oracle's, slopes are those of the values."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib
import pytest
import torch

from losskit import registry
from losskit.conformance.checks.reference import oracle, oracle_mean
from losskit.conformance.pictures import Line, Picture, picture, render, suffix_of, trace, write
from losskit.conformance.pictures.family import CURVES, settings
from losskit.conformance.pictures.numbers import ray
from losskit.conformance.pictures.views import view_of
from losskit.conformance.subject import Subject
from losskit.registry.places import load
from losskit.spec import LossSpec
from losskit.spec.errors import ParameterError, PictureError
from losskit.spec.tensors import Distribution, Input, Probability

SHOWN = {  # a loss for each view
    "asymmetric_loss": "margin",
    "comp_sum": "classes",
    "one_hot_mse": "classes",
    "ordinal_cross_entropy": "levels",
    "dice": "positions",
    "direct_coverage_step": "positions",
    "linear_cross_entropy": "head",
    "nc3_self_duality": "head",
    "anyloss_fbeta": "batch of scores",
    "two_hot": "bins",
    "categorical_projection": "bins",
    "huber": "residual",
    "dpo": "preference",
    "comp_sum_bayes_risk": "probabilities",
    "multi_similarity": "pairs",
    "nc1_variability": "clusters",
    "profit_aware_bce": "direction",
    "nc2_frame": "matrix",
    "eafo_correction": "elementwise",
}


def lines(shown: Picture) -> list[Line]:
    return [line for row in shown.rows for line in row.lines]


def said_by_the_oracle(spec: LossSpec, line: Line) -> torch.Tensor:
    """The values of a line, from the NumPy reference."""
    subject = Subject(spec, line.parameters)
    answers = [oracle(subject, data) for data in line.data()]
    if line.path.single:
        return torch.stack([oracle_mean(value, count) for value, count in answers])
    (value, _) = answers[0]
    return value.flatten(1).mean(1) if value.dim() > 1 else value


@pytest.mark.parametrize(("name", "view"), SHOWN.items())
def test_the_view_fits_and_values_are_the_oracles(name: str, view: str) -> None:
    spec = registry.get(name)
    shown = picture(spec)
    assert shown.view == view
    for line in lines(shown):
        torch.testing.assert_close(line.value, said_by_the_oracle(spec, line), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in SHOWN if not registry.get(n).detached])
def test_slopes_are_those_of_the_values(name: str) -> None:
    for line in lines(picture(registry.get(name))):
        step = line.x[1] - line.x[0]
        around = (line.value[2:] - line.value[:-2]) / (2 * step)
        near = torch.zeros_like(around, dtype=torch.bool)
        for place in (*line.kinks, *line.jumps):
            near |= (line.x[1:-1] - place).abs() < 2 * step
        bend = (line.slope[2:] - line.slope[:-2]).abs()
        off = (line.slope[1:-1] - around).abs() > bend + 0.02 * (1e-6 + line.slope.abs().max())
        assert not bool((off & ~near).any()), line.label


@pytest.mark.parametrize("name", ["comp_sum", "one_hot_mse", "comp_sum_bayes_risk"])
def test_the_field_over_three_classes_is_the_oracles(name: str) -> None:
    spec = registry.get(name)
    field = picture(spec).surface
    assert field is not None
    assert field.plane == ("scores" if name == "one_hot_mse" else "simplex")
    value, _ = oracle(Subject(spec, field.parameters), field.at(field.rows))
    torch.testing.assert_close(field.value, value, rtol=1e-9, atol=1e-9)
    total = field.rows.sum(1)
    torch.testing.assert_close(total, torch.full_like(total, 0.0 if field.plane == "scores" else 1.0))


def test_kinks_are_found_where_they_are() -> None:
    found = {line.parameters["margin"]: line.kinks for line in lines(picture(registry.get("hinge")))}
    assert {margin: len(kinks) for margin, kinks in found.items()} == {0.0: 1, 1.0: 1, 2.0: 1}
    for margin, kinks in found.items():
        assert kinks[0] == pytest.approx(margin, abs=1e-3)
    assert lines(picture(registry.get("logistic")))[0].kinks == ()


def test_a_value_that_jumps_is_no_kink() -> None:
    (line,) = picture(registry.get("multi_similarity"), {"alpha": 2.0}).rows[0].lines[:1]
    assert line.jumps[0] == pytest.approx(53.13, abs=0.05)  # 30 degrees more similar than the negative by 0.1
    assert line.kinks == ()


def test_a_family_is_made_of_what_claims_and_examples_speak_of() -> None:
    shown = picture(registry.get("comp_sum"))
    assert shown.varied == "tau"
    assert [line.label for line in lines(shown)] == ["tau = 0", "tau = 0.5", "tau = 1", "tau = 1.5", "tau = 2"]


def test_a_parameter_that_is_given_does_not_vary() -> None:
    shown = picture(registry.get("comp_sum"), {"tau": 3.0})
    assert shown.varied == ""
    assert [line.parameters for line in lines(shown)] == [{"tau": 3.0}]


def test_a_parameter_that_bends_nothing_gives_way_to_one_that_does() -> None:
    assert picture(registry.get("sigmoid_focal")).varied == "gamma"  # alpha is a factor of each label's curve


@pytest.mark.parametrize("name", registry.builtin())
def test_settings_are_admissible_few_and_in_order(name: str) -> None:
    spec = registry.get(name)
    for varied, every in settings(spec, {}):
        values = [setting[varied] for setting in every]
        assert 2 <= len(values) <= CURVES
        assert values == sorted(values)
        for setting in every:
            spec.parameters.validate_values(name, setting)


def test_one_label_stands_for_both_where_they_mirror_each_other() -> None:
    shown = picture(registry.get("squared_hinge"))
    assert shown.notes == ("Label 0 gives the mirror image.",)
    weighted = picture(registry.get("binary_cross_entropy_with_logits"))
    assert [row.title for row in weighted.rows] == ["label 1", "label 0, at all of these"]


def test_a_surrogate_is_called_one() -> None:
    assert picture(registry.get("ens_loss")).notes[0].startswith("The slope is what training sees, a surrogate:")


def test_a_narrow_step_is_looked_at_closely() -> None:
    shown = picture(registry.get("anyloss_fbeta"), {"amplification": 73.0})
    assert float(lines(shown)[0].x[-1]) < 1  # amplified 73 times, all happens next to 0


@pytest.mark.parametrize("name", registry.builtin())
def test_every_loss_has_a_view_of_its_own(name: str) -> None:
    assert view_of(registry.get(name)).name != "ray"


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("cross_entropy", {"class_weights": [1.0, 2.0, 3.0]}),
        ("cross_entropy", {"class_weights": [1.0, 2.0, 3.0, 4.0]}),
        ("ldr_k", {"k": 4}),
        ("ordinal_cross_entropy", {"importance_weights": [1.0, 2.0]}),
    ],
)
def test_sizes_follow_the_parameters(name: str, parameters: dict[str, Any]) -> None:
    spec = registry.get(name)
    for line in lines(picture(spec, parameters)):
        torch.testing.assert_close(line.value, said_by_the_oracle(spec, line), rtol=1e-9, atol=1e-9)


def without(spec: LossSpec, **changes: Any) -> LossSpec:
    """A spec with other inputs; what is left of its claims does not matter here."""
    return spec.model_copy(update={"claims": (), **changes})


def test_inputs_that_no_built_in_loss_has_find_their_view() -> None:
    hinge, shares = registry.get("hinge"), registry.get("comp_sum_bayes_risk")
    label = hinge.inputs[1]
    probability = Input(name="probs", shape=("B",), domain=Probability())
    assert view_of(without(hinge, inputs=(probability, label))).name == "margin"
    other = Input(name="other", shape=("B", "C"), domain=Distribution(), role="target", differentiable=False)
    assert view_of(without(shares, inputs=(*shares.inputs, other))).name == "probabilities"
    rows = tuple(Input(name=name, shape=("B", "D")) for name in ("anchor", "positive", "negative"))
    assert view_of(without(hinge, inputs=rows)).name == "vectors"
    assert view_of(without(hinge, inputs=(*rows[:2], label))).name == "vectors"
    cube = Input(name="cube", shape=("B", "D", "E"))
    assert view_of(without(hinge, inputs=(cube,))).name == "ray"


def foreign(name: str) -> LossSpec:
    """A loss of torch.nn with a spec."""
    (spec,) = load(f"examples.foreign.torch_nn:{name}")
    return spec


FOREIGN = {
    "NLL": "classes",
    "MULTILABEL_SOFT_MARGIN": "batch of scores",
    "MULTILABEL_MARGIN": "ray",
    "COSINE_EMBEDDING": "vectors",
    "TRIPLET_MARGIN": "vectors",
    "GAUSSIAN_NLL": "elementwise",
    "KL_DIV": "probabilities",
}


@pytest.mark.parametrize(("name", "view"), FOREIGN.items())
def test_foreign_losses_are_drawn(name: str, view: str) -> None:
    spec = foreign(name)
    shown = picture(spec)
    assert shown.view == view
    for line in lines(shown):
        subject = Subject(spec, line.parameters)
        asked = [
            subject.call(data, "mean").reshape(1) if line.path.single else subject.value(data) for data in line.data()
        ]
        torch.testing.assert_close(line.value, torch.cat(asked).double())


def test_the_negative_logarithm_of_a_probability_is_shown_over_the_simplex() -> None:
    field = picture(foreign("NLL")).surface
    assert field is not None
    torch.testing.assert_close(field.value, -field.rows[:, 0].log())


def test_the_angle_of_two_vectors_is_what_the_cosine_loss_sees() -> None:
    same, other = picture(foreign("COSINE_EMBEDDING"), {"margin": 0.0}).rows[0].lines
    cosine = torch.deg2rad(same.x).cos()
    torch.testing.assert_close(same.value, 1 - cosine)
    torch.testing.assert_close(other.value, cosine.clamp(min=0))
    assert other.kinks == pytest.approx([90.0], abs=0.1)


def test_a_drawn_ray_serves_where_nothing_else_does() -> None:
    spec = registry.get("spherical_head")
    line = lines(picture(spec))[0]
    (path,) = ray(Subject(spec, line.parameters))
    drawn = trace(Subject(spec, line.parameters), path)
    assert path.axis.startswith("t in x + t d")
    assert bool(drawn.value.isfinite().all())
    torch.testing.assert_close(drawn.value, said_by_the_oracle(spec, drawn), rtol=1e-9, atol=1e-9)


def test_what_has_no_gradient_is_refused_in_a_sentence() -> None:
    hinge = registry.get("hinge")
    with pytest.raises(PictureError, match=r"^hinge cannot be drawn: a picture needs a real input .* it has target"):
        picture(without(hinge, inputs=hinge.inputs[1:]))


def test_a_wrong_parameter_is_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="comp_sum has no parameter 'teu'"):
        picture(registry.get("comp_sum"), {"teu": 1.0})


PROGRAM = (
    "import sys, hashlib; from losskit import registry; from losskit.conformance.pictures import picture, render;"
    "print(hashlib.sha256(render(picture(registry.get('focal')), '.svg')).hexdigest())"
)


@pytest.mark.slow
def test_an_svg_has_the_same_bytes_in_every_process() -> None:
    hashes = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(hashes) == 1


def test_the_readers_own_configuration_changes_nothing() -> None:
    shown = picture(registry.get("huber"))
    usual = render(shown, ".svg")
    with matplotlib.rc_context({"lines.linewidth": 9, "axes.prop_cycle": "cycler('color', 'k')", "font.size": 30}):
        assert render(shown, ".svg") == usual


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_picture_is_written_under_missing_folders(tmp_path: Path, suffix: str) -> None:
    shown = picture(registry.get("huber"))
    file = tmp_path / "new" / f"huber{suffix.upper()}"
    write(shown, file)
    content = file.read_bytes()
    assert content == render(shown, suffix)
    assert content.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_an_svg_is_named_small_and_fetches_nothing() -> None:
    text = render(picture(registry.get("smooth_adversarial_comp_sum")), ".svg").decode()
    assert len(text) < 64 * 1024
    assert "<title>Smooth adversarial comp-sum loss: value and slope along margin" in text
    assert "http" not in text.replace("http://www.w3.org/", "")
    assert "Date" not in text


def test_other_suffixes_are_refused() -> None:
    with pytest.raises(PictureError, match=r"written as \.png or \.svg, found 'loss\.pdf'"):
        suffix_of(Path("loss.pdf"))
