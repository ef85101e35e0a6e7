"""Embeddings: OpenAI's and Google's dialects, and the values between them."""
