"""Parameters of losses that place real targets on a finite support."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from losskit.spec.parameters import Parameters


class SupportParameters(Parameters):
    """The two ends of a support, in order."""

    min_value: float = Field(-10.0, description="lower end of the support")
    max_value: float = Field(10.0, description="upper end of the support, above min_value")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.min_value < self.max_value:
            raise ValueError(
                f"min_value must lie below max_value, found min_value={self.min_value:g} and max_value={self.max_value:g}"
            )
        return self
