"""The page Broken."""
