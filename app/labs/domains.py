"""Domains: other inputs than animals, each with what decides known by construction."""

import streamlit as st

from app import domains_retina, domains_satellite

DOMAINS = {
    "retina": domains_retina,
    "satellite": domains_satellite,
}

domain = st.segmented_control(
    "Domain", tuple(DOMAINS), default="retina", required=True, key="domain", bind="query-params"
)  # fmt: skip
DOMAINS[domain].show()
