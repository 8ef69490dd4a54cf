"""The comparison opens with what differs; the champion and how it holds stand below."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.dashboard import settle
from tests.browser.test_accessibility import SCHEMES
from tests.browser.test_review_on_one_screen import LAPTOP, box

pytestmark = pytest.mark.browser
#: Of 255: a cell brighter than this glares on a dark page.
GLARE = 160


def opened_at(page: Page, address: str, scheme: Any) -> None:
    size: Any = LAPTOP
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(f"{address}/model_comparison")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", SCHEMES[scheme])
    settle(page)
    expect(matrices(page).nth(1)).to_be_visible()


def matrices(page: Page) -> Locator:
    return page.get_by_test_id("stPlotlyChart").filter(has=page.locator(".heatmaplayer image"))


def colour(part: Locator, name: str) -> tuple[float, ...]:
    css = part.evaluate("(e, name) => getComputedStyle(e)[name]", name)
    return tuple(float(number) for number in css.partition("(")[2].rstrip(")").split(","))[:3]


def cells(matrix: Locator) -> list[tuple[int, ...]]:
    """The colours of the four cells of a matrix, each beside its left edge where no word stands."""
    image = Image.open(io.BytesIO(matrix.locator(".heatmaplayer image").screenshot())).convert(
        "RGB"
    )
    width, height = image.size
    places = [
        (x, y)
        for y in (height // 4, 3 * height // 4)
        for x in (width // 12, width // 2 + width // 12)
    ]
    return [tuple(image.getpixel(place)) for place in places]  # type: ignore[arg-type]


def luminance(rgb: tuple[float, ...]) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_first_screen_is_what_differs_and_the_champion_under_stress_follows(
    page: Page, demo_address: str
) -> None:
    opened_at(page, demo_address, "light")
    forest, boosted = box(matrices(page).nth(0)), box(matrices(page).nth(1))
    assert forest["y"] == pytest.approx(boosted["y"], abs=2)
    assert boosted["x"] > forest["x"] + forest["width"] - 2
    assert forest["y"] + forest["height"] <= LAPTOP["height"]
    missed = page.get_by_test_id("stTable").get_by_text("claims missed", exact=True).first
    assert box(missed)["y"] + box(missed)["height"] <= LAPTOP["height"]
    champion = box(page.get_by_text("Champion: speech-linear").first)
    assert champion["y"] > box(missed)["y"]
    expect(matrices(page)).to_have_count(2)
    stress = page.get_by_test_id("stPlotlyChart").nth(2)  # after the two matrices
    expect(stress.get_by_text("recall with 95 % interval")).to_be_visible()
    assert box(stress)["y"] > champion["y"]


def test_view_that_has_nothing_to_say_is_grey_with_its_reason(
    page: Page, demo_address: str
) -> None:
    opened_at(page, demo_address, "light")
    tab = page.get_by_role("radio", name="Slices").or_(page.get_by_role("button", name="Slices"))
    expect(tab).to_have_css("opacity", "0.7")
    expect(tab.page.get_by_text("Grey, with nothing to say here")).to_contain_text(
        "Slices: the dataset in use is not the one"
    )
    speaks = page.get_by_role("radio", name="Curves").or_(page.get_by_role("button", name="Curves"))
    expect(speaks).to_have_css("opacity", "1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cells_of_a_matrix_do_not_glare_and_are_read(
    page: Page, demo_address: str, scheme: str
) -> None:
    opened_at(page, demo_address, scheme)
    for matrix in (matrices(page).nth(0), matrices(page).nth(1)):
        words = [
            colour(text, "fill") for text in matrix.locator(".infolayer .annotation-text").all()
        ]
        assert len(words) == 4
        for cell in cells(matrix):
            assert scheme == "light" or max(cell) < GLARE
            assert min(contrast(word, cell) for word in words) >= 4.5
    for name in (".xtick text", ".ytick text"):
        tick = colour(matrices(page).first.locator(name).first, "fill")
        ground = colour(page.get_by_test_id("stApp"), "backgroundColor")
        assert contrast(tick, ground) >= 4.5
