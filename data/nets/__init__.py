"""Architectures, and the shipped and pretrained weights."""
