"""Protocols: one file a protocol, the folder is the registry."""
