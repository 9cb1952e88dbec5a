"""More than one process of the app behind nginx."""
