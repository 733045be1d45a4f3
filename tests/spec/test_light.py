"""Importing the spec must stay light."""

import subprocess
import sys


def test_importing_the_spec_imports_neither_torch_nor_numpy() -> None:
    code = "import sys, losskit.spec; print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_describing_every_loss_imports_neither_torch_nor_numpy() -> None:
    code = (
        "import sys, losskit\n"
        "for name in losskit.names(): losskit.get(name)\n"
        "print(sorted({'torch', 'numpy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
