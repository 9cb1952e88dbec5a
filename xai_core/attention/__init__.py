"""Attention as an explanation: rollout, attributions of words, erasure."""
