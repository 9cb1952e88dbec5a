"""What readers share: one computation, whatever the number of threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from app.shared import networks, stages, subject
from app.shared.meter import Cost, measured
from app.shared.pictures import open_picture

pytestmark = pytest.mark.usefixtures("fresh")


def test_eight_threads_compute_once_and_alike() -> None:
    network = networks.describe("zoo")
    x = open_picture(subject.START, network).x
    q = stages.Question(network, subject.START, 4, "probability", x)

    def one(B: int) -> tuple[Cost, Tensor]:
        with measured() as cost:
            given = {"baseline": "black", "B": B, "rule": "right", "seed": 0, "output": "probability"}
            A = stages.explanation(q, "integrated_gradients", given).A
        return cost, A

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, [10] * 8))
    assert sum(cost.gradients for cost, _ in answers) == 10
    assert all(torch.equal(A, answers[0][1]) for _, A in answers)
