"""Quadrature: an integral along the path as a weighted sum of B values.

    ∫₀¹ g(α) dα ≈ Σ_k w_k g(α_k),   Σ_k w_k = 1

The rule says which points α_k and weights w_k. Error as B grows, for smooth g: right and left 1/B, midpoint and
trapezoid 1/B², Gauss–Legendre faster than any power. A network of ReLUs is not smooth; convergence.py looks at what
that leaves of these orders.
Units: none. What to look at: B = 30 meets the points of B = 15 again under "right", so that they cost nothing.
"""

import numpy as np

from xai_core import symbols
from xai_core.symbols import Rule, Steps


def quadrature(B: Steps, rule: Rule = "right") -> tuple[list[float], list[float]]:
    """Points α_k and weights w_k, Σ w_k = 1, of a rule with B gradients.

    right α_k = k/B (the UNI paper), left (k−1)/B, midpoint (k−½)/B; trapezoid: B points h = 1/(B−1) apart, half
    weight at both ends; gauss_legendre: exact for polynomials up to degree 2B − 1. Error as B grows, for smooth F:
    right and left 1/B, midpoint and trapezoid 1/B².
    """
    symbols.check(quadrature, B=B, rule=rule)
    if rule == "gauss_legendre":
        nodes, weights = np.polynomial.legendre.leggauss(B)  # on [−1, 1]
        return ((nodes + 1) / 2).tolist(), (weights / 2).tolist()
    if rule == "trapezoid":
        if B < 2:
            raise ValueError(f"B must be at least 2 for the trapezoid rule, which needs both ends of the path; got {B}")
        end = 0.5 / (B - 1)
        return [k / (B - 1) for k in range(B)], [end, *[2 * end] * (B - 2), end]
    # k/B is correctly rounded, so that equal fractions are equal numbers: B = 30 finds the 15 points of B = 15 again.
    points = {"right": [k / B for k in range(1, B + 1)], "left": [k / B for k in range(B)]}
    points["midpoint"] = [(2 * k + 1) / (2 * B) for k in range(B)]
    return points[rule], [1 / B] * B
