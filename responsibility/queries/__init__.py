"""Reads for pages and for other apps."""
