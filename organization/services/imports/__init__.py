"""The import of units, posts and division of work from a workbook."""
