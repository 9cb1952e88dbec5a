"""Paths from a baseline to the input: paths, traces, quadrature; IG, the three paths, BlurIG, Guided IG, AGI, UNI."""
