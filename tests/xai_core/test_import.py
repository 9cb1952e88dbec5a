"""What `import xai_core` costs beyond torch: what takes a second to load waits for whoever needs it."""

import subprocess
import sys


def test_import_loads_nothing_that_can_wait():
    seen = "import sys, torch, numpy; before = set(sys.modules); import xai_core; print(*set(sys.modules) - before)"
    loaded = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True).stdout.split()
    assert "xai_core.path.uni" in loaded
    slow = {"scipy.stats", "scipy.spatial", "sklearn", "pandas", "matplotlib", "skimage.segmentation", "dask"}
    assert not slow & set(loaded)
