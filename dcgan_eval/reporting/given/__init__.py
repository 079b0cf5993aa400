"""Predictions that were made elsewhere, as rows that can be compared."""
