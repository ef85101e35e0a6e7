"""Ring 3: ingest, rollups, usage queries and live events."""
