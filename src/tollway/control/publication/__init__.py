"""Publication: from the config database to the policy store."""
