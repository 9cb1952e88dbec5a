"""How a network is copied and asked, so that it stays as it was and every row answers as if alone."""
