"""The pages, one a lab. Streamlit runs each as a script."""
