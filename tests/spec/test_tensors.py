"""Domains that depend on parameters."""

from losskit.spec import AtLeast, Between, OneOf
from losskit.spec.tensors import Real, Restricted

SHARE = Real(
    interval=AtLeast(0), restricted=Restricted(when={"direction": OneOf(values=("T",))}, interval=Between(0, 1))
)


def test_a_restricted_domain_is_narrower_where_its_regime_holds() -> None:
    assert SHARE.at({"direction": "T", "tau": 1.0}) == Between(0, 1)
    assert SHARE.at({"direction": "gamma", "tau": 1.0}) == AtLeast(0)
    assert str(SHARE) == "real in [0, inf), in [0, 1] when direction = T"


def test_a_restricted_domain_survives_json() -> None:
    assert Real.model_validate_json(SHARE.model_dump_json()) == SHARE
