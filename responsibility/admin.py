"""Nothing of responsibility in Django admin: the three officers see no business data, and business has its own pages."""
