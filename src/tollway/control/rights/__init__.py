"""Rights: what callers of the gateway may do, at every level, and groups of models that they name."""
