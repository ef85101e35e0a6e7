"""Mail, over SMTP."""

from tollway.adapters.mail.sender import SMTPSender

__all__ = ["SMTPSender"]
