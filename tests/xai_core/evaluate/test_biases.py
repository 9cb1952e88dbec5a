"""Biases of a baseline in numbers: each score by hand, as a property, and the bias itself on the zoo's network."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import xai_core
from data.drawn import zoo
from data.nets import networks
from xai_core.evaluate.biases import distance, echo, nearest_part, roughness, share


def image(rows: list[list[float]]) -> Tensor:
    """Rows of numbers as an attribution of one channel, (1, 1, H, W)."""
    return torch.tensor(rows, dtype=torch.double)[None, None]


ALL = torch.ones(2, 2, dtype=torch.bool)
LEFT = torch.tensor([[True, False], [True, False]])
random_maps = st.integers(0, 2**31).map(
    lambda seed: torch.randn(2, 3, 5, 6, dtype=torch.double, generator=torch.Generator().manual_seed(seed))
)


# --- share ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("A", "part", "whole", "expected"),
    [
        ([[1, 1], [1, 1]], LEFT, ALL, 1.0),  # half of the map on half of the pixels
        ([[0, 1], [0, -3]], LEFT, ALL, 0.0),  # blind
        ([[3, -1], [-3, 1]], LEFT, ALL, 1.5),  # 6/8 on 1/2; signs do not cancel
        ([[3, 1], [5, 1]], ~LEFT, torch.tensor([[True, True], [False, True]]), (2 / 5) / (2 / 3)),
        ([[3, 1], [5, 1]], ALL, LEFT, 1.0),  # of the part only what lies in the whole counts
    ],
)
def test_share_by_hand(A: list, part: Tensor, whole: Tensor, expected: float) -> None:
    assert float(share(image(A), part, whole)) == pytest.approx(expected)


def test_channels_are_summed_before_their_size_is_taken() -> None:
    A = torch.tensor([[[[2.0, 1.0]], [[-2.0, 1.0]]]])  # two channels: the left pixel's cancel
    mask = torch.tensor([[True, False]])
    assert float(share(A, mask, torch.ones_like(mask))) == 0


def test_share_of_nothing_is_not_a_number() -> None:
    nothing = torch.zeros(2, 2, dtype=torch.bool)
    A = image([[1, 1], [1, 1]])
    assert share(A, nothing, ALL).isnan() and share(A, LEFT, nothing).isnan() and share(0 * A, LEFT, ALL).isnan()


@given(A=random_maps, size=st.integers(1, 29))
def test_shares_of_a_part_and_the_rest_weigh_to_one(A: Tensor, size: int) -> None:
    part = (torch.arange(30) < size).view(5, 6)
    whole = torch.ones_like(part)
    both = share(A, part, whole) * size / 30 + share(A, ~part, whole) * (30 - size) / 30
    torch.testing.assert_close(both, torch.ones(2, dtype=torch.double))
    torch.testing.assert_close(share(-3 * A, part, whole), share(A, part, whole))  # neither unit nor sign matters
    torch.testing.assert_close(share(A[1:], part, whole)[0], share(A, part, whole)[1])  # one by one or together


# --- the part ---------------------------------------------------------------------------------------------------------


def test_the_part_by_hand() -> None:
    x = image([[0.1, 0.9], [0.4, 0.6]])
    assert nearest_part(x, "black", ALL, 0.5)[0].tolist() == [[True, False], [True, False]]
    assert nearest_part(x, "white", ALL, 0.25)[0].tolist() == [[False, True], [False, False]]
    assert nearest_part(x, "grey", ALL, 0.5)[0].tolist() == [[False, False], [True, True]]
    assert nearest_part(x, [0.62], ALL, 0.25)[0].tolist() == [[False, False], [False, True]]
    right = ~LEFT
    assert nearest_part(x, "black", right, 0.5)[0].tolist() == [[False, False], [False, True]]  # of the object alone


def test_distance_is_over_the_channels() -> None:
    x = torch.tensor([0.3, 0.0, 0.4]).view(1, 3, 1, 1)
    assert float(distance(x, "black")) == pytest.approx(0.5)
    assert float(distance(x, [0.3, 0.0, 0.4])) == 0


def test_equally_near_pixels_fill_the_part_in_order() -> None:
    x = torch.zeros(1, 1, 2, 3)
    assert nearest_part(x, "black", torch.ones(2, 3, dtype=torch.bool), 0.5)[0].tolist() == [[True] * 3, [False] * 3]


@given(fraction=st.floats(0.01, 1), seed=st.integers(0, 2**31))
def test_the_part_has_its_size_and_nothing_nearer_is_left(fraction: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(2, 3, 5, 6, generator=generator)
    whole = torch.rand(2, 5, 6, generator=generator) < 0.7
    part = nearest_part(x, "grey", whole, fraction)
    far = distance(x, "grey")
    for p, w, d in zip(part, whole, far, strict=True):
        assert not (p & ~w).any()
        assert fraction * w.sum() - 1e-6 <= p.sum() < fraction * w.sum() + 1
        if (w & ~p).any() and p.any():
            assert d[p].max() <= d[w & ~p].min()


def test_rounding_does_not_add_a_pixel() -> None:
    x, whole = torch.rand(1, 1, 5, 6), torch.ones(5, 6, dtype=torch.bool)
    assert int(nearest_part(x, "black", whole, 0.1).sum()) == 3  # 0.1 · 30 is 3.0000000000000004 in some arithmetics


# --- echo -------------------------------------------------------------------------------------------------------------


def test_echo_by_hand() -> None:
    x = image([[0.1, 0.2], [0.3, 0.9]])
    assert float(echo(image([[1, -2], [3, 4]]), x, "black", ALL)) == pytest.approx(1)  # ranks alone, without signs
    assert float(echo(image([[4, 3], [2, 1]]), x, "black", ALL)) == pytest.approx(-1)
    assert float(echo(image([[4, 3], [2, 1]]), x, "white", ALL)) == pytest.approx(1)
    assert float(echo(image([[1, 2], [4, 3]]), x, "black", ALL)) == pytest.approx(0.8)  # 1 − 6·2/(4·15)


def test_echo_of_a_constant_is_not_a_number() -> None:
    x = image([[0.1, 0.2], [0.3, 0.9]])
    assert echo(torch.ones_like(x), x, "black", ALL).isnan()
    assert echo(x, torch.full_like(x, 0.5), "black", ALL).isnan()
    assert echo(x, x, "black", torch.tensor([[True, False], [False, False]])).isnan()


def test_a_linear_network_is_all_echo() -> None:
    """F = Σ x, so A = x − x′: whatever the baseline, the map is the distance from it."""
    x = torch.rand(2, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    whole = torch.ones(6, 6, dtype=torch.bool)
    for baseline in ("black", "white", "blurred", "gaussian_noise"):
        A = xai_core.integrated_gradients(lambda x: x.flatten(1).sum(1), x, baseline, B=1)
        torch.testing.assert_close(echo(A, x, baseline, whole), torch.ones(2, dtype=torch.double))


# --- roughness --------------------------------------------------------------------------------------------------------


def test_roughness_by_hand() -> None:
    board = torch.tensor([[(-1.0) ** (i + j) for j in range(6)] for i in range(5)])[None, None]
    alone = torch.zeros(1, 1, 5, 5)
    alone[0, 0, 2, 2] = 7
    assert float(roughness(torch.full((1, 3, 4, 4), -2.0))) == 0
    assert float(roughness(board)) == 1  # all neighbours have opposite signs
    assert float(roughness((board + 1) / 2)) == 1  # of every two neighbours one is 0
    assert float(roughness(alone)) == 1  # a speck
    # 1 2 / 1 4: pairs |1−2|, |1−4|, |1−1|, |2−4| = 6 of (1+2) + (1+4) + (1+1) + (2+4) = 16.
    assert float(roughness(image([[1, 2], [1, 4]]))) == pytest.approx(6 / 16)
    assert roughness(torch.zeros(1, 3, 4, 4)).isnan()


@given(A=random_maps, factor=st.floats(0.01, 100))
def test_roughness_has_no_unit(A: Tensor, factor: float) -> None:
    assert ((roughness(A) >= 0) & (roughness(A) <= 1)).all()
    torch.testing.assert_close(roughness(factor * A), roughness(A))
    torch.testing.assert_close(roughness(A.transpose(2, 3)), roughness(A))
    torch.testing.assert_close(roughness(A[1:])[0], roughness(A)[1])


def test_independent_numbers_are_rough_and_blurred_ones_smooth() -> None:
    """Independent N(0, 1): E|a − b| / 2E|a| = √2/2."""
    A = torch.randn(1, 1, 200, 200, generator=torch.Generator().manual_seed(0))
    assert float(roughness(A)) == pytest.approx(0.5**0.5, abs=0.01)
    assert float(roughness(xai_core.baselines.blur(A, 3.0))) < 0.3


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: share(torch.rand(2, 2), ALL, ALL), "A must be images"),
        (lambda: roughness([[1.0]]), "A must be images .* got list"),
        (lambda: roughness(torch.rand(3, 2)), "A must be images"),
        (lambda: share(image([[1, 2], [3, 4]]), ALL.float(), ALL), "part must be a mask of bool"),
        (lambda: share(image([[1, 2], [3, 4]]), ALL, ALL[:1]), r"whole must be a mask .* got torch.bool, \(1, 2\)"),
        (lambda: nearest_part(image([[1, 2], [3, 4]]), "black", ALL, 0), "fraction must be greater than 0"),
        (lambda: nearest_part(image([[1, 2], [3, 4]]), "black", ALL, float("nan")), "fraction must be"),
        (lambda: nearest_part(image([[1, 2], [3, 4]]), "pink", ALL), "baseline .* must be one of black"),
        (lambda: distance(torch.rand(3, 4), "black"), "x must be images"),
    ],
)
def test_what_cannot_be_is_a_sentence(call: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        call()


# --- the biases themselves --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, float]]:
    """For 20 scenes of the zoo: shares on the darkest, brightest and plainest quarter of the animal, and roughness."""
    x, label, animal, _ = zoo.batch(20, seed=11)
    f = xai_core.make_score(networks.load("zoo"), x, label)
    starts = {name: name for name in ("black", "white", "blurred", "gaussian_noise")}
    starts["uni"] = xai_core.uni_baseline(f, x)
    maps = {name: xai_core.integrated_gradients(f, x, start, B=10, rule="midpoint") for name, start in starts.items()}
    maps["gradient"] = xai_core.simple_gradient(f, x)
    found = {}
    for name, A in maps.items():
        found[name] = {p: float(share(A, nearest_part(x, p, animal), animal).mean()) for p in list(starts)[:3]}
        found[name]["rough"] = float(roughness(A).mean())
    return found


@pytest.mark.parametrize("own", ["black", "white", "blurred"])
def test_every_baseline_is_blindest_where_it_is_like_the_picture(
    own: str, measured: dict[str, dict[str, float]]
) -> None:
    """Against the gradient, which has no baseline, and against all others, on the same pixels."""
    here = {name: shares[own] for name, shares in measured.items()}
    assert here[own] < 0.8 * min(value for name, value in here.items() if name != own), here
    assert here[own] < 0.8 and here["gradient"] > 0.85


def test_a_noisy_baseline_makes_the_roughest_map(measured: dict[str, dict[str, float]]) -> None:
    rough = {name: m["rough"] for name, m in measured.items()}
    assert rough["gaussian_noise"] > 0.05 + max(value for name, value in rough.items() if name != "gaussian_noise")


def test_uni_leaves_no_dark_or_bright_part_out(measured: dict[str, dict[str, float]]) -> None:
    """On each part it is nearer to the gradient than the baseline that is blind there."""
    for part in ("black", "white", "blurred"):
        fair = measured["gradient"][part]
        assert abs(measured["uni"][part] - fair) < abs(measured[part][part] - fair)
