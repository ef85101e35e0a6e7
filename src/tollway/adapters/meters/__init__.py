"""The meters: one file of exact counters that all workers of a node share."""

from tollway.adapters.meters.layout import Layout
from tollway.adapters.meters.meters import MappedMeters, MeterState
from tollway.adapters.meters.opening import open_meters, read_boot_id

__all__ = ["Layout", "MappedMeters", "MeterState", "open_meters", "read_boot_id"]
