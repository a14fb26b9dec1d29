"""The components of the face, by what they are; templates load them all as `ui`."""
