"""Widgets and wording shared by the pages; the only package here that knows Streamlit."""
