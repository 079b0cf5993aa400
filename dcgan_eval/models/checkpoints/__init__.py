"""Formats of checkpoints: one file a format, the folder is the registry."""
