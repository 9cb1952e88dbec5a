"""Quadrature: an integral along the path as a weighted sum of B values.

    ∫₀¹ g(α) dα ≈ Σ_k w_k g(α_k),   Σ_k w_k = 1

Units: none. What to look at: B = 30 meets the points of B = 15 again under "right", so that they cost nothing.

The rule says which points α_k and weights w_k. Error as B grows, for smooth g: right and left 1/B, midpoint and
trapezoid 1/B², Gauss–Legendre faster than any power. A network of ReLUs is not smooth: convergence.py looks at what
that leaves of these orders.
"""

import numpy as np

from xai_core import symbols
from xai_core.symbols import Rule, Steps


def quadrature(B: Steps, rule: Rule = "right") -> tuple[list[float], list[float]]:
    """Points α_k and weights w_k, Σ w_k = 1, of a rule with B gradients.

    rule: "right", α_k = k/B (the UNI paper); "left", (k−1)/B; "midpoint", (k−½)/B; "trapezoid", B points h = 1/(B−1)
        apart with half weight at both ends; "gauss_legendre", exact for polynomials up to degree 2B − 1.
    Raises TypeError or ValueError for a B or rule that is not allowed, and ValueError for B = 1 of the trapezoid rule.

    Examples:
        >>> from xai_core.path.quadrature import quadrature
        >>> quadrature(4, "right")
        ([0.25, 0.5, 0.75, 1.0], [0.25, 0.25, 0.25, 0.25])
        >>> quadrature(3, "trapezoid")
        ([0.0, 0.5, 1.0], [0.25, 0.5, 0.25])
    """
    symbols.check(quadrature, B=B, rule=rule)
    if rule == "trapezoid" and B < 2:
        raise ValueError(f"B must be at least 2 for the trapezoid rule, which needs both ends of the path; got {B}")
    if rule == "gauss_legendre":
        nodes, weights = np.polynomial.legendre.leggauss(B)  # on [−1, 1]
        return ((nodes + 1) / 2).tolist(), (weights / 2).tolist()
    if rule == "trapezoid":
        end = 0.5 / (B - 1)
        return [k / (B - 1) for k in range(B)], [end, *[2 * end] * (B - 2), end]
    # k/B is correctly rounded, so that equal fractions are equal numbers: B = 30 finds the 15 points of B = 15 again.
    points = {"right": [k / B for k in range(1, B + 1)], "left": [k / B for k in range(B)]}
    points["midpoint"] = [(2 * k + 1) / (2 * B) for k in range(B)]
    return points[rule], [1 / B] * B
