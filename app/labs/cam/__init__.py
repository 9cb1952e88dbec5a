"""The page CAM."""
