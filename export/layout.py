"""Names of the files in an artifact folder."""

VALUE_FILE = "model.onnx"
GRADIENT_FILE = "model_with_grad.onnx"
GRADIENT_FOLDER = "with_grad"  # a second folder in ONNX's layout: runners look for model.onnx beside its data sets
GRADIENT_COPY = f"{GRADIENT_FOLDER}/{VALUE_FILE}"
TORCHSCRIPT_FILE = "model.ts.pt"
PT2_FILE = "model.pt2"
SPEC_FILE = "spec.json"
MANIFEST_FILE = "manifest.json"
INDEX_FILE = "index.json"  # beside the folders of several losses
