"""OpenAI's Responses: one dialect, as caller's and as vendor's (`dialect.DIALECT`), and its state (`state`)."""
