"""Results side by side: which is better (`compare`), and in which fields they differ (`diff`)."""
