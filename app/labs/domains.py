"""Domains: other inputs than animals, each with what decides known by construction."""

import streamlit as st

from app import domains_retina, domains_satellite, domains_signal, domains_text

DOMAINS = {
    "retina": domains_retina,
    "satellite": domains_satellite,
    "text": domains_text,
    "signal": domains_signal,
}

domain = st.segmented_control(
    "Domain", tuple(DOMAINS), default="retina", required=True, key="domain", bind="query-params"
)  # fmt: skip
DOMAINS[domain].show()
