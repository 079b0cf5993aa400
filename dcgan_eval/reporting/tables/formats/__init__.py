"""Formats of tables: one file a format, the folder is the registry."""
