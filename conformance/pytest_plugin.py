"""pytest plugin: one test a claim."""
