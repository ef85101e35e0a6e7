"""Notices: what happened, told to receivers by signed webhooks, and mail."""
