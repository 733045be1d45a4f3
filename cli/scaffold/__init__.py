"""A package for a new loss: what it is called, its files from templates or from another loss, and how they are written."""
