"""Sums of what is over, added up once more so that long questions read few rows."""
