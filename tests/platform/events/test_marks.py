"""The arithmetic of mark and gaps, without a database: every id is moved, or never came."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from suuupra.platform.events.marks import GAP_KEPT_S, Marks
from tests.covers import covers


@dataclass
class Outbox:
    """Transactions of PostgreSQL: an xid at the first write, ids drawn later, in any order, then an end."""

    next_id: int = 1
    next_xid: int = 100
    last_ended: int = 99
    open: dict[int, list[int]] = field(default_factory=dict)
    visible: set[int] = field(default_factory=set)
    committed: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)

    def begin(self) -> int:
        self.next_xid += 1
        self.open[self.next_xid - 1] = []
        return self.next_xid - 1

    def draw(self, place: int) -> None:
        if self.open:
            self.open[self._chosen(place)].append(self.next_id)
            self.next_id += 1

    def end(self, place: int, *, commits: bool) -> None:
        if self.open:
            xid = self._chosen(place)
            ids = self.open.pop(xid)
            self.last_ended = max(self.last_ended, xid)
            if commits:
                self.visible |= set(ids)
                self.committed += ids

    def _chosen(self, place: int) -> int:
        return sorted(self.open)[place % len(self.open)]

    def look(self, marks: Marks, limit: int, now_s: float) -> None:
        xmin = min([*self.open, self.last_ended + 1])
        above = sorted(one for one in self.visible if one > marks.high)[:limit]
        ids = sorted({*above, *(self.visible & marks.gaps.keys())})
        mover = None
        if ids:
            mover = self.begin()
            del self.open[mover]
            self.last_ended = mover
        marks.saw(ids, xmin, mover, now_s)
        self.visible -= set(ids)
        self.moved += ids


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.just(0)),
        st.tuples(st.just("draw"), st.integers(0, 20)),
        st.tuples(st.sampled_from(["commit", "rollback"]), st.integers(0, 20)),
        st.tuples(st.just("look"), st.integers(1, 4)),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=60,
)


@covers("PLT-2", "PLT-17")
class TestMarks:
    @given(ACTIONS)
    def test_whatever_the_schedule_each_committed_id_is_moved_once(
        self, actions: list[tuple[str, int]]
    ) -> None:
        outbox, marks, now_s = Outbox(), Marks(), 0.0
        for action, number in actions:
            if action == "begin":
                outbox.begin()
            elif action == "draw":
                outbox.draw(number)
            elif action in {"commit", "rollback"}:
                outbox.end(number, commits=action == "commit")
            elif action == "look":
                outbox.look(marks, number, now_s)
            elif action == "wait":
                now_s += number
            else:
                marks = Marks.restored(marks.high, sorted(marks.gaps))
        while outbox.open:
            outbox.end(0, commits=True)
        for _ in range(len(outbox.committed) + 1):
            outbox.look(marks, 4, now_s)
        assert sorted(outbox.moved) == sorted(outbox.committed)

    def test_a_gap_is_kept_while_its_transaction_may_live(self) -> None:
        marks = Marks()
        marks.saw([2], 10, 12, 0.0)
        marks.saw([], 11, None, 10 * GAP_KEPT_S)
        assert set(marks.gaps) == {1}

    def test_a_gap_is_kept_a_minute_though_every_known_transaction_ended(self) -> None:
        marks = Marks()
        marks.saw([2], 10, 11, 0.0)
        marks.saw([], 50, None, GAP_KEPT_S - 1)
        assert set(marks.gaps) == {1}
        marks.saw([], 50, None, GAP_KEPT_S)
        assert marks.gaps == {}

    def test_gaps_of_another_relay_wait_for_a_move_before_they_can_close(self) -> None:
        marks = Marks.restored(5, [3])
        marks.saw([], 50, None, 0.0)
        marks.saw([], 50, None, 10 * GAP_KEPT_S)
        assert set(marks.gaps) == {3}
        marks.saw([6], 50, 51, 11 * GAP_KEPT_S)
        marks.saw([], 52, None, 12 * GAP_KEPT_S)
        assert marks.gaps == {}
