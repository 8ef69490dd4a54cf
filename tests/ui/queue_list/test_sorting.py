"""Headers sort a page: rising, falling, then as ranked; what is missing stands last."""

from __future__ import annotations

import pandas as pd
import pytest

from claimclf.ui.queue_list.sorting import Order, sorted_places

CELLS = pd.DataFrame(
    {
        "reports": [30, 20, 20, 10],
        "chance": [None, 5.0, 99.0, 40.0],
        "who": ["berta", "", "Anton", ""],
    }
)


@pytest.mark.parametrize(
    ("order", "places"),
    [
        (Order(), [0, 1, 2, 3]),
        (Order("reports"), [3, 1, 2, 0]),
        (Order("reports", falls=True), [0, 1, 2, 3]),
        (Order("chance"), [1, 3, 2, 0]),
        (Order("chance", falls=True), [2, 3, 1, 0]),
        (Order("who"), [2, 0, 1, 3]),
        (Order("who", falls=True), [0, 2, 1, 3]),
    ],
)
def test_equal_rows_stay_as_ranked_and_what_is_missing_is_last(
    order: Order, places: list[int]
) -> None:
    assert sorted_places(CELLS, order) == places


def test_column_that_there_is_not_sorts_nothing() -> None:
    assert sorted_places(CELLS, Order("nope")) == [0, 1, 2, 3]


def test_header_sorts_rising_then_falling_then_as_ranked() -> None:
    orders = [Order()]
    for _ in range(4):
        orders.append(orders[-1].after("reports"))
    assert [(order.column, order.falls) for order in orders] == [
        ("", False), ("reports", False), ("reports", True), ("", False), ("reports", False)
    ]  # fmt: skip
    assert orders[1].after("who") == Order("who", falls=False, n_presses=2)


def test_each_press_of_a_header_gives_new_tables() -> None:
    orders = [Order()]
    for column in ("who", "who", "reports", "who"):
        orders.append(orders[-1].after(column))
    assert [order.n_presses for order in orders] == [0, 1, 2, 3, 4]
