"""The page What holds."""
