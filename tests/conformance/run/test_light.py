"""A worker is ready soon: the exporter and the compiler are loaded for the claims that need them, and for no other."""

import subprocess
import sys

HEAVY = "{'onnx', 'onnxruntime', 'onnxscript', 'torch._dynamo'}"


def test_a_worker_starts_without_the_exporter_and_the_compiler() -> None:
    code = f"import sys, losskit.conformance.run.worker; print(sorted({HEAVY} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
