"""A saved torch.export program in a fresh process, answering lines of JSON: ``python -m losskit.export.runtimes.fresh``."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import torch

from losskit.export.eager import outputs
from losskit.export.quiet import quiet, root_cause
from losskit.export.runtimes.torch_programs import sizes_refused
from losskit.export.runtimes.wire import Message, pack_arrays, unpack, unpack_arrays


class Program:
    """The program that was loaded last."""

    def __init__(self) -> None:
        self._call: Any = None
        self._gradients: tuple[str, ...] = ()

    def answer(self, message: Message) -> Message:
        """The answer to one message; a failure is an answer, too."""
        try:
            with quiet():
                if "load" in message:
                    self._call = torch.export.load(io.BytesIO(unpack(message["load"]))).module()
                    self._gradients = tuple(message["gradients"])
                    return {}
                return {"outputs": pack_arrays(outputs(self._call, self._gradients, unpack_arrays(message["run"])))}
        except Exception as error:
            return {"error": root_cause(error), "refused_sizes": sizes_refused(error)}


def main() -> None:
    """Answer every line of standard input."""
    program = Program()
    for line in sys.stdin:
        print(json.dumps(program.answer(json.loads(line))), flush=True)  # noqa: T201 - the answer itself


if __name__ == "__main__":
    main()
