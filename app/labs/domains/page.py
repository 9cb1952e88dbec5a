"""Domains: other inputs than animals, each with what decides known by construction."""

import streamlit as st

from app.labs.domains import retina, satellite, signal, text

DOMAINS = {
    "retina": retina,
    "satellite": satellite,
    "text": text,
    "signal": signal,
}

domain = st.segmented_control(
    "Domain", tuple(DOMAINS), default="retina", required=True, key="domain", bind="query-params"
)  # fmt: skip
DOMAINS[domain].show()
