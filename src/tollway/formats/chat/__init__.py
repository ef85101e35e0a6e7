"""OpenAI's Chat Completions, and what its many speakers have made of it."""
