"""The page LIME."""
