"""Alerts: what fired of budgets, limits and providers, and who has looked at it."""
