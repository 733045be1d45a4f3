"""``python -m losskit.conformance.mutants``: does the harness catch what it should?"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Sequence

from losskit.conformance.mutants import table
from losskit.conformance.mutants.generic import run_generic
from losskit.conformance.mutants.model import Attempt, Control, Mutant
from losskit.conformance.mutants.running import run
from losskit.conformance.mutants.slips import MUTANTS
from losskit.conformance.profiles import PROFILES
from losskit.registry import names
from losskit.spec.errors import LosskitError


def main(arguments: Sequence[str] | None = None, mutants: Sequence[Mutant] = MUTANTS) -> int:
    """Run the command.

    Returns:
        0 if every mutant fell to the check that must catch it and no unmutated loss was hit, 1 if not or if nothing ran, 2 if
        the command was wrong.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.generic is not None:
            losses = options.generic or list(names())
            result = run_generic(losses, options.profile, options.seed, options.jobs, _tell, options.sample)
        else:
            chosen = [m for m in mutants if not options.only or any(fnmatch.fnmatch(m.name, p) for p in options.only)]
            result = run(chosen, options.profile, options.seed, options.jobs, _tell)
    except LosskitError as error:
        print(f"losskit: {error}", file=sys.stderr)  # noqa: T201
        return 2
    print(result.model_dump_json(indent=2) if options.json else table.render(result))  # noqa: T201
    return result.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m losskit.conformance.mutants",
        description="Let the harness loose on losses and specs that are wrong in one place, and on the losses as they are.",
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", help="mutants of this name; * and ? match; repeatable"
    )
    parser.add_argument(
        "--generic",
        metavar="LOSS",
        nargs="*",
        help="instead, change one operator or constant at a time in the code of these losses, or of all",
    )
    parser.add_argument(
        "--sample", metavar="N", type=int, help="with --generic: N mutations a module at most, drawn by the seed"
    )
    parser.add_argument("--profile", choices=list(PROFILES), default="quick", help="effort of each attack")
    parser.add_argument("--seed", type=int, default=0, help="everything that is drawn follows from it")
    parser.add_argument("--jobs", metavar="N", type=int, help="processes; the number of cores if left out")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    return parser


def _tell(done: int, total: int, result: Attempt | Control) -> None:
    print(f"[{done}/{total}] {table.line(result)}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
