"""Detectors of misuse: deterministic functions over what calls leave behind. Pure; state and time are arguments."""
