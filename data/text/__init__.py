"""What is written: posts, reviews, phrases, and classifiers of them."""
