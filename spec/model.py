"""The frozen pydantic base that everything in a specification derives from, and numbers that JSON has no word for."""

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue

_WORDS = {"Infinity": math.inf, "-Infinity": -math.inf, "NaN": math.nan}


class Frozen(BaseModel):
    """An immutable record that knows exactly its own fields; infinities survive JSON as strings."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


def read_infinities(given: Any) -> Any:
    """Turn the strings that stand for infinities and NaN back into numbers, also inside lists and mappings.

    Needed wherever a string is admissible, too: there ``"Infinity"`` would stay a string.
    """
    if isinstance(given, str):
        return _WORDS.get(given, given)
    if isinstance(given, list | tuple):
        return type(given)(read_infinities(entry) for entry in given)
    if isinstance(given, dict):
        return {name: read_infinities(entry) for name, entry in given.items()}
    return given


Json = Annotated[JsonValue, BeforeValidator(read_infinities)]
