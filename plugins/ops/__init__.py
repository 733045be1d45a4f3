"""Tensor pieces that several losses share, named for what they compute. Each scripts, compiles and exports."""
