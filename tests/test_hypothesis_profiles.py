"""The profiles of hypothesis that CONTRIBUTING.md promises."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import settings

from losskit import get
from losskit.conformance.claims import verify_claim
from losskit.conformance.report import Finding
from losskit.conformance.search import attack
from losskit.spec.properties import Convex

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("profile", "repeats"), [("ci", True), ("desk", False), ("nightly", False)])
def test_a_profile_repeats_its_examples_in_ci_alone(profile: str, repeats: bool) -> None:
    assert settings.get_profile(profile).derandomize == repeats
    assert settings.get_profile(profile).deadline is None
    assert profile in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_ci_takes_the_profile_that_repeats(request: pytest.FixtureRequest) -> None:
    chosen = request.config.getoption("--hypothesis-profile")
    wanted = chosen or ("ci" if os.environ.get("CI") else "desk")
    assert settings().derandomize == settings.get_profile(wanted).derandomize


def test_what_the_harness_finds_depends_on_its_seed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, claim = get("mae_classification"), Convex(on="logits").holds(when={"C": 2})

    def found(profile: str) -> Finding:
        random.seed(profile)
        with monkeypatch.context() as patch:
            patch.setattr(attack, "_work", lambda law, *_: attack._Best(law))  # the edge layer is left
            settings.load_profile(profile)
            return verify_claim(spec, claim, "quick", 0, "cpu").model_copy(update={"seconds": 0.0})

    kept = settings.get_current_profile_name()
    try:
        assert found("ci") == found("desk") == found("nightly")
        assert found("ci").outcome == "refuted"
    finally:
        settings.load_profile(kept)
