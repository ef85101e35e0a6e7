"""Anthropic's Messages API: one dialect, as caller's and as vendor's. The object is `dialect.DIALECT`."""
