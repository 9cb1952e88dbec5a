"""Pictures as files, encoded once for all readers: they are kept by their content.

Most of a page's time without a film went into PNGs that had been made before, for another reader or another move.
"""

import io
from hashlib import blake2b

import numpy as np
import streamlit as st
from PIL import Image

from app.shared.film.frames import picture


def png(rgb: np.ndarray) -> bytes:
    """Bytes (H, W, 3) or (H, W, 4) as a PNG."""
    return _png(content(rgb), rgb)


def still(rgb: np.ndarray) -> tuple[bytes, str]:
    """(H, W, 3) in [0, 1] as a film shows it, and what kind of file it is."""
    return _still(content(rgb), rgb)


def content(array: np.ndarray) -> str:
    """What an array holds, in a few letters."""
    return f"{blake2b(np.ascontiguousarray(array), digest_size=16).hexdigest()} {array.shape} {array.dtype}"


@st.cache_resource(max_entries=512, show_spinner=False)
def _png(content: str, _rgb: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_rgb).save(file, "PNG")
    return file.getvalue()


@st.cache_resource(max_entries=512, show_spinner=False)
def _still(content: str, _rgb: np.ndarray) -> tuple[bytes, str]:
    return picture(_rgb)
