"""The package is light, callable, and says what is missing."""

import subprocess
import sys

import losskit
import losskit.export


def run(code: str) -> str:
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return finished.stdout + finished.stderr


def test_importing_the_package_imports_neither_torch_nor_onnx() -> None:
    code = "import sys, losskit.export; print(sorted({'torch', 'onnx', 'onnxruntime', 'numpy'} & set(sys.modules)))"
    assert run(code).strip() == "[]"


def test_manifest_and_results_are_read_without_torch() -> None:
    code = "import sys, losskit.export.manifest, losskit.export.results; print('torch' in sys.modules)"
    assert run(code).strip() == "False"


def test_losskit_export_is_callable_before_and_after_the_package_is_imported() -> None:
    code = (
        "import losskit; print(callable(losskit.export)); import losskit.export.layout; print(callable(losskit.export))"
    )
    assert run(code).split() == ["True", "True"]
    assert callable(losskit.export)


def test_a_missing_extra_is_named_with_the_command_that_installs_it() -> None:
    code = (
        "import sys, losskit\n"
        "sys.modules['onnxruntime'] = None\n"
        "try: losskit.export('comp_sum', 'nowhere')\n"
        "except ImportError as error: print(type(error).__name__, error)"
    )
    said = run(code)
    assert said.startswith("MissingExtraError exporting needs onnxruntime")
    assert "pip install losskit[verify]" in said
