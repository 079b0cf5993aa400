"""Tables: columns declared once, grids to look at, the same numbers as data; views and formats."""
