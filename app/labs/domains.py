"""Domains: inputs that are no pictures of animals."""

import streamlit as st

from app import domains_signal, domains_text

DOMAINS = {"text": domains_text, "signal": domains_signal}

st.segmented_control("Domain", list(DOMAINS), default="text", key="domain", bind="query-params", required=True)
DOMAINS[st.session_state["domain"] or "text"].show()
