"""What each field of each settings class decides, shown by another value of it."""
