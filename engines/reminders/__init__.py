"""Reminders: what must be said in time, to whom, and by which channel."""
