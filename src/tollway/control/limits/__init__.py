"""Limits: rates, slots and budgets."""
