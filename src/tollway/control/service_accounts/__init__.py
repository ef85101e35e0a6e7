"""Accounts that belong to a team rather than to a person, and act by tokens alone."""
