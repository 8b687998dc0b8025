"""The plan of an encoding, in whatever order its steps end."""

import itertools
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suuupra.services.vod.rules.encoding import (
    AUDIO,
    CANCELLED,
    DONE,
    FAILED,
    FIRST,
    INDEX,
    PACKAGE,
    POSTER,
    PRIORITY,
    REST,
    RUNNING,
    WAITING,
    Planned,
    Shape,
    Stage,
    may_start,
    outcome,
    permille,
    plan,
    present_prefix,
    seconds_left,
    waiting_frames,
)
from tests.covers import covers

SHAPES = st.builds(
    Shape,
    st.lists(st.integers(1, 3000), max_size=4).map(tuple),
    st.integers(1, 5),
    st.booleans(),
    st.booleans(),
).map(lambda shape: shape if shape.chunk_frames else replace(shape, rungs=0, has_audio=True))

WHOLE = Shape((10,), 1, has_audio=True, is_indexed=True)


def begun(steps: tuple[Planned, ...]) -> list[Stage]:
    return [Stage(step.name, WAITING, 0, step.frames_total) for step in steps]


@covers("VOD-11")
@settings(deadline=None)
@given(SHAPES, st.randoms())
def test_any_order_of_what_may_start_ends_ready_and_the_bar_never_falls(shape: Shape, random: Random) -> None:
    stages, bar = begun(plan(shape)), 0
    while outcome(stages) == "making":
        open_places = [
            place
            for place, stage in enumerate(stages)
            if stage.state == WAITING and stage.name in may_start(stages)
        ]
        assert open_places, "something waits that may never start"
        place = random.choice(open_places)
        stages[place] = replace(stages[place], state=DONE)
        assert permille(stages) >= bar
        bar = permille(stages)
    assert (outcome(stages), bar) == ("ready", 1000)


@covers("VOD-11")
@settings(deadline=None)
@given(SHAPES)
def test_every_chunk_is_in_the_first_rung_once_and_in_the_others_once(shape: Shape) -> None:
    steps = plan(shape)
    frames = list(shape.chunk_frames)
    assert [step.frames_total for step in steps if step.name == FIRST] == frames
    others = [step.frames_total for step in steps if step.name == REST]
    assert others == ([n * (shape.rungs - 1) for n in frames] if shape.rungs > 1 else [])
    assert len({(step.name, step.chunk) for step in steps}) == len(steps)


@covers("VOD-11")
def test_an_index_comes_before_all_and_the_package_after_sound_and_first_rung() -> None:
    stages = begun(plan(Shape((10,), 2, has_audio=True, is_indexed=False)))
    assert may_start(stages) == {INDEX}
    stages[0] = replace(stages[0], state=DONE)
    assert may_start(stages) == {AUDIO, FIRST, REST, POSTER}
    done = [replace(one, state=DONE) if one.name in {AUDIO, FIRST} else one for one in stages]
    assert PACKAGE in may_start(done)


@covers("VOD-11")
def test_the_first_rung_goes_before_what_follows_it() -> None:
    ranks = [PRIORITY[name] for name in (INDEX, AUDIO, POSTER, PACKAGE, REST)]
    assert ranks == sorted(ranks)
    assert PRIORITY[FIRST] == PRIORITY[AUDIO]


@covers("VOD-8")
@pytest.mark.parametrize(("name", "wanted"), [(POSTER, "ready"), (FIRST, "failed"), (PACKAGE, "failed")])
def test_only_a_poster_may_fail(name: str, wanted: str) -> None:
    stages = [replace(one, state=DONE) for one in begun(plan(WHOLE))]
    failed = [replace(one, state=FAILED) if one.name == name else one for one in stages]
    assert outcome(failed) == wanted
    assert outcome([*failed, Stage(REST, CANCELLED)]) == CANCELLED


@covers("VOD-11")
def test_frames_of_running_steps_count_and_the_last_permille_is_for_the_end() -> None:
    stages = [Stage(FIRST, RUNNING, 50, 100), Stage(POSTER, WAITING)]
    assert permille(stages) == 500
    assert permille([Stage(FIRST, DONE, 0, 100), Stage(POSTER, WAITING)]) == 999


@covers("VOD-11")
@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10_000)), st.sampled_from("abcd"))
def test_owners_take_turns_so_forty_files_of_one_hold_nobody_up(frames: dict[str, int], owner: str) -> None:
    mine, whole = frames.get(owner, 0), sum(frames.values())
    left = waiting_frames(frames, owner)
    assert mine <= left <= min(whole, mine * len(frames))
    more = {name: count * 40 for name, count in frames.items() if name != owner} | {owner: mine}
    assert waiting_frames(more, owner) <= mine * max(1, len(frames))


@covers("VOD-11")
def test_time_left_is_unknown_before_anything_was_measured() -> None:
    assert seconds_left(1000, 0.0) is None
    assert seconds_left(1000, 50.0) == 20.0


@covers("VOD-5")
@settings(deadline=None)
@given(st.lists(st.integers(0, 3)))
def test_a_list_of_segments_is_told_up_to_the_first_gap(sizes: list[int]) -> None:
    there = present_prefix(sizes)
    assert sizes[:there] == list(itertools.takewhile(bool, sizes))
