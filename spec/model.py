"""The frozen pydantic base that everything in a specification derives from."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable record that knows exactly its own fields; infinities survive JSON as strings."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")
