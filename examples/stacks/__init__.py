"""A loss of the registry in the stacks that people train with; each module is a program."""
