"""The two streams of seeds: what the networks learn from, and what none of them has seen.

Whatever is drawn here is drawn by a seed, and `batch(n, stream)` of each kind is the beginning of an endless stream. So
two numbers keep training and test apart, in every room alike.
"""

TRAINING = 1  # the stream from which the networks learn
FRESH = 1_000_000  # the stream on which accuracy is measured; no network learns from it
