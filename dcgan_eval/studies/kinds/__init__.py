"""The studies: one file a kind."""
