"""Kinds of representation: one file a kind, the folder is the registry."""
