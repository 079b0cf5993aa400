"""Kinds of probe: one file a kind, the folder is the registry."""
