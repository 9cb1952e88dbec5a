"""Which explanation should we believe? One score a file, each with what it was made of, so that it can be drawn."""
