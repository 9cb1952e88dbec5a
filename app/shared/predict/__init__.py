"""Commit, then see: the veil over a page's maps (veil.py, brush.js), and what a drawn guess was worth (overlap.py)."""
