"""All targets by their names."""

from kit.fuzz import bodies, wire

TARGETS = wire.TARGETS | bodies.TARGETS
