"""Words through their embeddings, and erasure: sums and distances by hand, completeness, duels counted by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from xai_core import (
    Duel,
    duel,
    erasure,
    explain,
    make_score,
    nearest_words,
    output_matrix,
    uni_baseline,
    word_baseline,
    word_scores,
)

TABLE = torch.tensor([[0.0, 0.0], [3.0, 4.0], [3.0, 0.0], [-1.0, 0.0]])
NAMES = ("nothing", "far", "east", "west")


class Bilinear(nn.Module):
    """Logits 0 and Σ_j w_j · (e_j1 + 2 e_j2): linear in the embeddings, so that IG is known."""

    def __init__(self, weights: list[float]) -> None:
        super().__init__()
        self.register_buffer("w", torch.tensor(weights))

    def forward(self, x: Tensor) -> Tensor:
        score = (x @ torch.tensor([1.0, 2.0]) * self.w).sum(1)
        return torch.stack([torch.zeros_like(score), score], 1)


class Reader(nn.Module):
    """A network with memory: a GRU over embeddings, then a linear head."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = nn.GRU(4, 5, batch_first=True), nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.gru(x)[1][0])


def test_a_words_score_is_the_sum_over_its_numbers() -> None:
    A = torch.tensor([[[1.0, -2.0], [0.5, 0.25], [0.0, 0.0]]])
    assert word_scores(A).tolist() == [[-1.0, 0.75, 0.0]]


def test_integrated_gradients_of_a_linear_reader_are_known() -> None:
    """A_j = w_j (e_j1 − x′_1) + 2 w_j (e_j2 − x′_2), from any baseline."""
    x = torch.tensor([[[3.0, 4.0], [3.0, 0.0], [-1.0, 0.0]]])
    f = Bilinear([1.0, -2.0, 0.5])
    zero = word_scores(explain(f, x, 1, "integrated_gradients", baseline=word_baseline(TABLE), output="logit"))
    assert zero[0].tolist() == pytest.approx([11.0, -6.0, -0.5], abs=1e-5)
    west = word_baseline(TABLE, "word", 3)
    assert west.tolist() == [[[-1.0, 0.0]]]
    from_west = word_scores(explain(f, x, 1, "integrated_gradients", baseline=west, output="logit"))
    assert from_west[0].tolist() == pytest.approx([12.0, -8.0, 0.0], abs=1e-5)
    assert word_baseline(TABLE, "mean").tolist() == [[[1.25, 1.0]]]


@settings(max_examples=8)
@given(st.integers(0, 10**6), st.sampled_from(["integrated_gradients", "uni"]))
def test_word_scores_are_complete(seed: int, method: str) -> None:
    """Σ_j A_j = F(x) − F(x′), for a reader with memory; for UNI, x′ is its own, so the sum is below F(x)."""
    torch.manual_seed(seed)
    f, x = Reader().double().eval(), torch.randn(1, 5, 4, dtype=torch.float64)
    F = f(x).detach().softmax(1)[0]
    start = torch.randn(1, 1, 4, dtype=torch.float64)
    if method == "uni":
        end = uni_baseline(make_score(f, x, 1), x)
        A = explain(f, x, 1, "uni", B=300, rule="midpoint")
    else:
        end = start.expand_as(x)
        A = explain(f, x, 1, method, B=300, rule="midpoint", baseline=start)
    assert float(word_scores(A).sum()) == pytest.approx(float(F[1] - f(end).detach().softmax(1)[0, 1]), abs=1e-4)


def test_output_matrix_is_one_explanation_a_row() -> None:
    x = torch.tensor([[[3.0, 4.0], [3.0, 0.0]]])
    models = [Bilinear([1.0, 0.0]), Bilinear([0.0, 1.0])]
    found = output_matrix(models, x, [1, 1], "integrated_gradients", output="logit")
    assert found.tolist() == [pytest.approx([11.0, 0.0], abs=1e-5), pytest.approx([0.0, 3.0], abs=1e-5)]
    with pytest.raises(ValueError, match=r"models must be one network for each of the targets.*got 2 and 1"):
        output_matrix(models, x, [1], "integrated_gradients")
    with pytest.raises(ValueError, match="method must be one of"):
        output_matrix(models, x, [1, 1], "attention")


def test_nearest_words_by_hand() -> None:
    points = torch.tensor([[3.0, 0.0], [0.0, 0.0], [-0.5, 0.0]])
    assert nearest_words(points, TABLE, NAMES, K=2) == [
        [("east", 0.0), ("nothing", 3.0)],
        [("nothing", 0.0), ("west", 1.0)],
        [("nothing", 0.5), ("west", 0.5)],  # equally near: the first of the table
    ]
    assert nearest_words(torch.tensor([[0.0, 4.0]]), TABLE, NAMES, K=4) == [
        [("far", 3.0), ("nothing", 4.0), ("west", pytest.approx(math.sqrt(17))), ("east", 5.0)]
    ]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: word_scores(torch.zeros(2, 3)), r"A must be of embeddings \(N, L, D\); got .*\(2, 3\)"),
        (lambda: word_baseline(torch.zeros(3)), r"table must be embeddings \(V, D\)"),
        (lambda: word_baseline(TABLE, "black"), "baseline .* must be one of zero, mean, word; got 'black'"),
        (lambda: word_baseline(TABLE, "word"), "word must be given with baseline='word'"),
        (lambda: word_baseline(TABLE, "zero", 1), "word must be given with baseline='word', and only then; got 1"),
        (lambda: word_baseline(TABLE, "word", 4), "word must be a row of the table, 0 to 3; got 4"),
        (lambda: nearest_words(torch.zeros(1, 3), TABLE, NAMES), r"points must be \(L, 2\); got"),
        (lambda: nearest_words(torch.zeros(1, 2), TABLE, NAMES[:3]), "names must have one word for each of the 4 rows"),
        (lambda: nearest_words(torch.zeros(1, 2), TABLE, NAMES, K=0), "K .* must be a whole number, at least 1"),
        (lambda: erasure(Bilinear([1.0]), torch.zeros(2, 1, 2)), r"one text \(1, L, D\); got shape \(2, 1, 2\)"),
        (lambda: erasure(Bilinear([1.0]), torch.zeros(1, 1, 2)), "x has a single word.*give neutral"),
        (
            lambda: erasure(Bilinear([1.0]), torch.zeros(1, 1, 2), torch.zeros(3)),
            r"neutral must be an embedding \(2,\)",
        ),
        (lambda: duel([torch.zeros(1, 2)], [torch.zeros(1, 2)], [torch.zeros(2, 2)]), "alike; got .*(2, 2)"),
    ],
)
def test_bad_input_is_named(call: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()


def total(x: Tensor) -> Tensor:
    """Two outputs of a text: the sum of first numbers, and the largest second one."""
    return torch.stack([x[..., 0].sum(1), x[..., 1].amax(1)], 1)


def test_erasure_by_hand() -> None:
    x = torch.tensor([[[1.0, 5.0], [2.0, 7.0], [-4.0, 0.0]]])
    assert erasure(total, x).tolist() == [[1.0, 2.0, -4.0], [0.0, 2.0, 0.0]]  # left out
    neutral = torch.tensor([10.0, 6.0])
    assert erasure(total, x, neutral).tolist() == [[-9.0, -8.0, -14.0], [0.0, 1.0, 0.0]]  # 10 and 6 in its place
    assert x.tolist() == [[[1.0, 5.0], [2.0, 7.0], [-4.0, 0.0]]]


def test_a_duel_by_hand() -> None:
    drops = [torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.3, 0.3], [0.0, 0.0, 1.0]]), torch.tensor([[0.5, 0.4]])]
    first = [torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), torch.tensor([[0.0, 1.0]])]
    second = [torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]), torch.tensor([[1.0, 0.0]])]
    # First text: two of three rows apart, one won (.9 > .1) and one even (.3 = .3): ¾. Second text: lost (.4 < .5): 0.
    found = duel(drops, first, second)
    assert (found.rows, found.apart, found.texts, found.share) == (4, 3, 2, 0.375)
    half = 12.7062 * 0.53033 / math.sqrt(2)  # t of 1 degree of freedom × std / √n
    assert found.low == pytest.approx(0.375 - half, abs=1e-3) and found.high == pytest.approx(0.375 + half, abs=1e-3)
    mirrored = duel(drops, second, first)
    assert mirrored.share == 0.625 and mirrored.apart == 3


def test_a_duel_of_a_map_with_itself_has_no_winner() -> None:
    maps = [torch.eye(3)]
    found = duel(maps, maps, maps)
    assert isinstance(found, Duel) and (found.rows, found.apart, found.texts) == (3, 0, 0) and math.isnan(found.share)
