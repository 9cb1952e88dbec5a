"""Domains: other inputs than animals, each with what decides known by construction."""

from app.labs.domains import retina, satellite, signal, text
from app.shared import links
from app.shared.screen import screen

DOMAINS = {
    "retina": retina,
    "satellite": satellite,
    "text": text,
    "signal": signal,
}

shown = DOMAINS[links.coming("domain", tuple(DOMAINS))]
on = screen(shown.TABS)
words, choice = on.question.columns([5, 3], vertical_alignment="center")
words.markdown(f"### {shown.QUESTION}")
choice.segmented_control(
    "Domain", tuple(DOMAINS), default="retina", required=True, key="domain", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
shown.show(on)
