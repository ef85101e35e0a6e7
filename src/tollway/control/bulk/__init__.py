"""Bulk: one act on many tokens, as a job."""
