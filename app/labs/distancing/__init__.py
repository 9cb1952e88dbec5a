"""The page Distancing."""
