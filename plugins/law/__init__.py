"""Functions with a spec that are no training losses: risks, transforms, activations, fitted laws."""
