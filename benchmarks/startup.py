"""Start-up: ``losskit list`` as a whole process against importing torch."""

import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.timing import Step, command_line, interleave, report, rows

TITLE = "Start-up, whole processes"


def program() -> str:
    """The installed ``losskit`` command of this Python."""
    beside = Path(sys.executable).with_name("losskit")
    return str(beside) if beside.exists() else shutil.which("losskit") or "losskit"


def run(command: list[str]) -> Step:
    """A step that runs a process to its end."""
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Time the commands in turns."""
    options = command_line(TITLE).parse_args()
    commands = {
        "python -c 'import torch'": [sys.executable, "-c", "import torch"],
        "losskit list": [program(), "list"],
        "losskit describe comp_sum": [program(), "describe", "comp_sum"],
        "python -c 'import losskit'": [sys.executable, "-c", "import losskit"],
        "python -c pass": [sys.executable, "-c", "pass"],
    }
    seconds = interleave({name: run(command) for name, command in commands.items()}, options.repeats)
    report(TITLE, rows(seconds, {}), options.json)


if __name__ == "__main__":
    main()
