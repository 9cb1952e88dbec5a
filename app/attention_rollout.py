"""Attention of a vision transformer, for the page Attention."""

import streamlit as st


def show() -> None:
    """Everything below the choice of a network."""
    st.info("The vision transformer is not part of this workbook yet.")
