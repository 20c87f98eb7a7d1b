from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segcore.folders import natural_key
from segcore.project.states import STATUSES
from segcore.review.picture_table import PictureTable, Wanted, name_ranks

PICTURE = st.tuples(
    st.text("aB1/2", min_size=1, max_size=6),
    st.sampled_from(STATUSES),
    st.booleans(),
    st.one_of(st.just(float("nan")), st.floats(0, 1, width=32)),
    st.floats(0, 1e9),
)


def table_of(pictures: list[tuple[str, str, bool, float, float]]) -> PictureTable:
    table = PictureTable(name for name, *_ in pictures)
    for place, (_, status, commented, uncertainty, edited) in enumerate(pictures):
        table.set_status(place, status)
        table.facts.commented[place] = commented
        table.facts.uncertainty[place] = uncertainty
        table.facts.edited[place] = edited
    return table


@given(
    st.lists(PICTURE, max_size=30),
    st.text("ab1", max_size=2),
    st.frozensets(st.sampled_from(STATUSES)),
    st.booleans(),
)
def test_filters_leave_what_a_plain_loop_leaves(
    pictures: list[tuple[str, str, bool, float, float]],
    needle: str,
    statuses: frozenset[str],
    commented: bool,
) -> None:
    found = table_of(pictures).matching(Wanted(needle, statuses, commented))
    assert found.tolist() == [
        place
        for place, (name, status, has_comment, _, _) in enumerate(pictures)
        if needle in name.casefold()
        and (not statuses or status in statuses)
        and (has_comment or not commented)
    ]


@given(st.lists(PICTURE, max_size=30))
def test_orders_are_those_of_sorted(
    pictures: list[tuple[str, str, bool, float, float]],
) -> None:
    table, places = table_of(pictures), range(len(pictures))
    everything = np.arange(len(pictures))
    table.set_ranks(name_ranks([name for name, *_ in pictures]))

    def doubt(place: int) -> float:
        value = float(np.float32(pictures[place][3]))
        return 1.0 if np.isnan(value) else -value

    expected = {
        "listed": list(places),
        "name": sorted(places, key=lambda place: natural_key(pictures[place][0])),
        "status": sorted(places, key=lambda place: STATUSES.index(pictures[place][1])),
        "uncertainty": sorted(places, key=doubt),
        "edited": sorted(places, key=lambda place: -pictures[place][4]),
    }
    for order, wanted in expected.items():
        assert table.ordered(everything, order).tolist() == wanted  # type: ignore[arg-type]


def test_a_mask_hides_also_what_is_added_later() -> None:
    table = PictureTable(["a", "b", "c"])
    only = np.array([True, False, True])
    table.grow(["d"])
    assert table.matching(Wanted(), 0, only).tolist() == [0, 2]
    assert table.matching(Wanted(), 3, only).tolist() == []
