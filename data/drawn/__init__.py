"""What is drawn by us, with a mask of what decides by construction: the zoo, eyes, scenes from above, traces."""
