"""What was photographed or written by hand: photographs, digits, and how they are corrupted."""
