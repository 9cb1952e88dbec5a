"""Compare: pin a map as A, move on, and hold what stands there then against it.

pin.py      one map's whole setting as words in the address
two.py      two maps in one unit, their rank correlation and difference, and the script's lines for them
tab.py      the tab of a page

    A | B | B − A               on one locked scale; on scales of their own they show how colouring lies
    Spearman's ρ of A and B     of the pixels' ranks: 1 the same order, 0 chance
    max |B − A|                 in the unit that is drawn
"""
