"""A model in DistributedDataParallel whose loss sees the batches of all processes."""
