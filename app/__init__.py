"""The live workbook: Streamlit pages that call xai_core and draw with its figures. Start with main.py."""
