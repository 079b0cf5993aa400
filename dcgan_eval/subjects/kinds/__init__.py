"""Kinds of subject: one file a kind, the folder is the registry."""
