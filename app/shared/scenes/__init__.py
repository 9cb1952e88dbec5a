"""Scenes: settings of a page that each show one thing, as data, and the strip on the stage that leads through them.

of_file.py      what a lab's scenes.toml says, read and checked
strip.py        ‹ 1 2 3 ›, what a scene changes, before and after, and the way back
"""
