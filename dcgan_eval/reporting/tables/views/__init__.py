"""Views of results as tables: one file a view, the folder is the registry."""
