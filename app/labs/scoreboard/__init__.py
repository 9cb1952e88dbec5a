"""The page Scoreboard."""
