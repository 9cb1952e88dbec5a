"""The page Unlearning."""
