"""What is drawn by us, with a mask of what decides by construction: the zoo, eyes, scenes from above, traces.

pen draws shapes on a canvas. With it are drawn the zoo, the retina and the satellite's scenes, each a folder that gives
one module (`from data.drawn import zoo`); two_animals and outlines (a table) are made of the zoo's scenes. signals are
drawn by a formula.
"""
