"""The live workbook: Streamlit pages that call xai_core and draw with its figures. Start with main.py."""

import os

# Threads of torch that wait for each other spin; as soon as a second reader or another program wants the processors,
# a gradient takes ten times as long. Waiting threads shall sleep. OpenMP reads this once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
