"""The workbook's live pages: `python -m streamlit run app/main.py` from the project's folder.

This file holds what all pages share: navigation, width and the note on a link that could not be followed. A page is a
package in labs/ and a line in shared/pages.py; its page.py runs in this order: question, your guess, controls, picture,
the number that judges it, equation and code, what to try, take away (shared/frame.py and shared/take_away.py).
"""

import gc

import streamlit as st

st.set_page_config(page_title="Explainable machine learning", layout="wide")
with st.spinner("Opening the workbook …"):  # importing torch takes seconds, once
    from app.shared import frame, links, pages, subject

st.set_page_config(page_icon=subject.icon())  # drawn here: a named icon would be fetched from the internet
st.html(
    """<style>
    /* A projector has 720 lines: controls and picture have to be on it together. */
    .stAppHeader { height: 2.75rem; min-height: 2.75rem; }  /* of the navigation; what stays below it keeps clear */
    .stMainBlockContainer { padding: 3rem clamp(1rem, 3vw, 3rem) 3rem; }
    /* Pictures side by side, as many in a row as fit: five on a projector, two on a phone. */
    [class*="st-key-pictures"] { display: grid; gap: .75rem;
        grid-template-columns: repeat(auto-fit, minmax(min(150px, 46%), 1fr)); }
    [class*="st-key-pictures_one_"] { grid-template-columns: repeat(auto-fit, minmax(min(220px, 46%), 320px)); }
    .st-key-pictures_copies { grid-template-columns: repeat(auto-fill, minmax(min(140px, 30%), 1fr)); }
    [class*="st-key-pictures_at_"] { grid-template-columns: repeat(3, minmax(0, 1fr)); }
    [class*="st-key-pictures_six_"] { grid-template-columns: repeat(auto-fit, minmax(min(130px, 30%), 1fr)); }
    [class*="st-key-pictures"] > div { width: auto !important; min-width: 0; }
    [class*="st-key-pictures"] img { border: 1px solid rgba(128, 128, 128, .35); }  /* a white picture on white */
    [class*="st-key-wide"] [data-testid="stMarkdownContainer"]
        { overflow-x: auto; }  /* a wide table scrolls in its own box */
    /* Controls that stay in sight while what they move passes by; on a phone they would cover it. */
    @media (min-width: 768px) { [data-testid="stLayoutWrapper"]:has(> .st-key-stays) { position: sticky; top: 2.75rem;
        z-index: 9; } .st-key-stays { background: light-dark(#fff, #171614); padding: .6rem 0 0; } }
    .katex-display { overflow-x: auto; overflow-y: hidden; }
    /* On a phone the sidebar is closed: a line says what is explained and where to change it. */
    @media (min-width: 768px) { .st-key-where { display: none; } }
    @media (max-width: 767px) { .stMainBlockContainer { padding-top: 4rem; }
        /* A wide figure scrolls in its own box, so that its words stay legible. */
        [class*="st-key-scrolls"] { overflow-x: auto; } [class*="st-key-scrolls"] img { min-width: 900px; } }
    .stMain [data-testid="stPageLink"] * { white-space: normal; height: auto; }
    </style>"""
)

if not gc.get_freeze_count():  # Streamlit looks for garbage after every move of a slider: not in what was imported
    gc.collect()
    gc.freeze()
page = pages.navigation()
if not page.url_path:
    links.follow_old()
asked = links.asked(pages.of(page))
links.carry_over(page.url_path)
try:
    page.run()
except frame.Ended:  # with less than all it has
    pass
finally:
    links.remember()
links.note_what_was_ignored(asked)
