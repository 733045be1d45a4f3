"""Decision-theoretic properties, checked by solving conditional risks in batch.

Which study stands for which property is said in :mod:`losskit.conformance.extension`.
"""
