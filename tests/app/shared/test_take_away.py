"""What a reader takes home that no page's own test looks at: the link as a QR code."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from app.shared import take_away

cv2 = pytest.importorskip("cv2", reason="OpenCV reads QR codes; it comes with quantus")


@pytest.mark.parametrize("settings", ["", "?way=straight+from+black&way=UNI%3A+from+the+unlearned+picture&B=60&at=0.7"])
def test_a_camera_reads_the_link(settings: str) -> None:
    address = f"http://192.168.7.7:8501/paths{settings}"
    image = Image.open(BytesIO(take_away.qr(address))).convert("L")
    read, *_ = cv2.QRCodeDetector().detectAndDecode(np.asarray(image))
    assert read == address
