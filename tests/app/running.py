"""The app without a browser: opened as a link opens it, run, and looked at as values instead of pixels."""

import json
import struct
import zlib
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests import fresh

MAIN = Path(__file__).parents[2] / "app" / "main.py"


def opened(page: str = "labs/explain/page.py", **query: str | list[str]) -> AppTest:
    """The app as a link opens it; it has run without an exception. Nobody is asked for a guess first, unless
    `guess` says so."""
    at = AppTest.from_file(str(MAIN), default_timeout=180)
    for name, value in {"guess": "off", **query}.items():
        at.query_params[name] = value
    # Before its first run AppTest.switch_page knows no url_path, and would take the file's name for it.
    at._page_hash = calc_hash(Path(page).parent.name)
    return ran(at)


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, [e.value for e in at.exception]
    return at


def png(width: int = 90, height: int = 70) -> bytes:
    file = BytesIO()
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(file, "PNG")
    return file.getvalue()


def costs(at: AppTest) -> dict[str, str]:
    """What each method has cost just now, as the tab Judge says it."""
    table = next(m.value for m in at.markdown if "cost just now" in m.value)
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()[2:]]
    return {row[0]: row[-1] for row in rows}


def hand(at: AppTest, **stops: str) -> AppTest:
    """The hand has come to rest elsewhere on the slider of a film: the address says so, and the page runs."""
    for key, text in stops.items():
        at.query_params[key] = text
    return ran(at)


def metrics(at: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in at.metric}


def the_script_makes_the_same(seen: SimpleNamespace, folder: Path) -> dict[str, Any]:
    """Run the script that the page offered; compare its numbers with the npz, whose settings are returned."""
    script_text, picture, numbers = seen.files
    taken = np.load(BytesIO(numbers()))
    script = folder / "this_setting.py"
    script.write_text(script_text, encoding="utf-8")
    done = fresh.run(script, folder)
    assert done.returncode == 0, done.stderr
    made = np.load(folder / "maps.npz")
    assert np.array_equal(made["x"], taken["x"])
    for name in set(taken) - {"x", "settings"}:
        np.testing.assert_allclose(made[name], taken[name], rtol=1e-4, atol=1e-6)
    assert (folder / "maps.png").read_bytes().startswith(b"\x89PNG")
    assert Image.open(BytesIO(picture())).width > 600
    return json.loads(str(taken["settings"]))


def unpacked(packed: bytes) -> tuple[dict[str, Any], list[np.ndarray | float | str]]:
    """A frame of a film as the browser reads it: its head, and what each panel shows (maps in −127 … 127)."""
    raw = zlib.decompress(packed)
    (length,) = struct.unpack_from("<I", raw)
    head, shown = json.loads(raw[4 : 4 + length]), []
    for panel in head["panels"]:
        if "bytes" not in panel:
            shown.append(panel.get("marks", panel.get("refused")))
            continue
        start, end = (4 + length + at for at in panel["bytes"])
        if "mime" in panel:
            shown.append(np.asarray(Image.open(BytesIO(raw[start:end]))) / 255)
        else:
            shown.append(np.frombuffer(raw[start:end], np.int8).reshape(panel["shape"]))
    return head, shown
