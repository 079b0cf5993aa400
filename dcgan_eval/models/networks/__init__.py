"""Families of networks: one file a family, the folder is the registry."""
