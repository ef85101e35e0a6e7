"""Webhooks, over HTTP."""

from tollway.adapters.webhooks.sender import HTTPWebhookSender

__all__ = ["HTTPWebhookSender"]
