"""Ring 3: the data plane's pipeline, one file a stage. Start at pipeline.py."""
