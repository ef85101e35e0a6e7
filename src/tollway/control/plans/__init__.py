"""Plans: named sets of rights, limits and budgets."""
