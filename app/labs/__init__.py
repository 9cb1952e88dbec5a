"""The labs, a package each; `page.py` is the script that Streamlit runs. No lab imports another."""
