"""The page Baselines."""
