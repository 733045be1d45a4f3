"""How counterexamples are looked for: parameters and inputs drawn from the spec, edge cases, random batches, ascent."""
