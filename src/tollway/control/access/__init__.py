"""Who may do what: permissions, how far they reach, roles, and the one rule of giving."""
