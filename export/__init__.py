"""Graphs: a loss as ONNX, TorchScript and torch.export, with test vectors, replayed and compared with eager."""
