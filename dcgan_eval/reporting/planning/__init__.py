"""What larger comparisons take, from a pilot: items, labelled draws, seeds."""
