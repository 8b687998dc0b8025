"""The arithmetic of mark and gaps, without a database: every id is moved, or never came."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from suuupra.platform.events.marks import GAP_KEPT_S, Marks, Snapshot
from tests.covers import covers


@dataclass
class Outbox:
    """Ids drawn by transactions that commit, roll back or stay open; xids rise with each drawing."""

    next_id: int = 1
    next_xid: int = 100
    open: dict[int, int] = field(default_factory=dict)
    visible: set[int] = field(default_factory=set)
    committed: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)

    def draw(self) -> None:
        self.open[self.next_id] = self.next_xid
        self.next_id += 1
        self.next_xid += 1

    def end(self, place: int, *, commits: bool) -> None:
        if not self.open:
            return
        found = sorted(self.open)[place % len(self.open)]
        del self.open[found]
        if commits:
            self.visible.add(found)
            self.committed.append(found)

    def look(self, marks: Marks, limit: int, now_s: float) -> None:
        above = sorted(one for one in self.visible if one > marks.high)[:limit]
        ids = sorted({*above, *(self.visible & marks.gaps.keys())})
        snapshot = Snapshot(min(self.open.values(), default=self.next_xid), self.next_xid)
        marks.saw(ids, snapshot, now_s)
        self.visible -= set(ids)
        self.moved += ids


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("draw"), st.just(0)),
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
            if action == "draw":
                outbox.draw()
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
        marks.saw([2], Snapshot(xmin=10, xmax=11), 0.0)
        marks.saw([], Snapshot(xmin=10, xmax=50), 10 * GAP_KEPT_S)
        assert set(marks.gaps) == {1}

    def test_a_gap_is_kept_a_minute_though_every_known_transaction_ended(self) -> None:
        marks = Marks()
        marks.saw([2], Snapshot(xmin=10, xmax=11), 0.0)
        marks.saw([], Snapshot(xmin=50, xmax=50), GAP_KEPT_S - 1)
        assert set(marks.gaps) == {1}
        marks.saw([], Snapshot(xmin=50, xmax=50), GAP_KEPT_S)
        assert marks.gaps == {}
