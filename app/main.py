"""The workbook's live pages. serve.py is the server that shows them.

This file holds what all pages share: navigation, width and the note on a link that could not be followed. A page is a
package in labs/ and a line in shared/pages.py; what stands where on it is told in shared/screen.py.
"""

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="Explainable machine learning", layout="wide")
with st.spinner("Opening the workbook …"):  # importing torch takes seconds, once
    from app.labs.study import guesses
    from app.shared import frame, lecture, links, own, own_method, pages, subject, turns
    from app.shared.predict import veil
    from app.shared.scenes import strip

st.set_page_config(page_icon=subject.icon())  # drawn here: a named icon would be fetched from the internet
st.html(Path(__file__).parent / "shared" / "style.css")

turns.arrive(ahead=links.AHEAD in st.query_params)
again = False
page = pages.navigation()
if not page.url_path:
    links.follow_old()
asked = links.asked(pages.of(page))
strip.begin(pages.of(page))
links.carry_over(page.url_path)
veil.begin()
lecture.dress()
if not lecture.on():
    pages.show_all()
own.say(page.url_path)
own_method.begin()
strip.draw(pages.of(page))
try:
    page.run()
except frame.Ended:  # with less than all it has
    pass
except frame.Again:
    again = True
finally:
    links.remember()
guesses.keep(page.url_path, veil.just_said())
pages.keep(pages.of(page))
if not lecture.on():
    pages.foot(pages.of(page))
links.note_what_was_ignored(asked)
lecture.hide()
if again:
    st.rerun()
