from dataclasses import replace

import pytest

from suuupra.kernel.problems import Forbidden, Invalid
from suuupra.services.content.api import (
    CourseNotFound,
    DeleteCourse,
    DraftMoved,
    GetCourse,
    LessonNotFound,
    SlugTaken,
)
from suuupra.services.content.service.authoring import (
    AddLesson,
    AddSection,
    ChangeDetails,
    ChangeNode,
    CreateCourse,
    DropNode,
)
from suuupra.services.content.service.ordering import MoveNode, SectionOrder, SetOrder
from tests.covers import covers
from tests.services.content.classroom import Classroom, Written, somebody, teacher


async def titles(room: Classroom, course: Written) -> list[list[str]]:
    with room.as_(course.author):
        draft = await room.content.editing.draft(course.id)
    return [[lesson.title for lesson in part.lessons] for part in draft.sections]


@covers("CON-1", "CON-25")
async def test_only_people_with_the_right_and_an_address_write_courses(room: Classroom) -> None:
    with room.as_(room.learner), pytest.raises(Forbidden):
        await room.content.authoring.create(CreateCourse(title="No"))
    unproven = room.teacher.model_copy(update={"is_verified": False})
    with room.as_(unproven), pytest.raises(Forbidden, match="Confirm your mail address"):
        await room.content.authoring.create(CreateCourse(title="No"))
    administrator = somebody("content.course.author", "content.course.administer", roles=("admin",))
    course = await room.write(author=administrator)
    assert course.author == administrator


@covers("CON-1")
async def test_two_courses_of_one_title_have_two_addresses(room: Classroom) -> None:
    one, two = await room.write(title="Rivers of India"), await room.write(title="Rivers of India")
    assert (one.slug, two.slug) == ("rivers-of-india", "rivers-of-india-2")
    with room.as_(two.author), pytest.raises(SlugTaken):
        await room.content.authoring.change_details(ChangeDetails(course_id=two.id, slug=one.slug))


@covers("CON-1")
async def test_a_former_address_keeps_leading_here_and_stays_taken(room: Classroom) -> None:
    course, other = await room.publish(title="Old name of it"), await room.write()
    with room.as_(course.author):
        await room.content.authoring.change_details(ChangeDetails(course_id=course.id, slug="new-name-of-it"))
    with room.as_(room.nobody):
        assert (await room.content.courses.get(GetCourse(slug=course.slug))).slug == "new-name-of-it"
    with room.as_(other.author), pytest.raises(SlugTaken):
        await room.content.authoring.change_details(ChangeDetails(course_id=other.id, slug=course.slug))


@covers("CON-1", "CON-9")
async def test_a_stale_tag_changes_nothing_and_shows_both(room: Classroom) -> None:
    course = await room.write("Old.")
    lesson = course.lessons[0]
    with room.as_(course.author):
        seen = await room.content.editing.lesson(course.id, lesson)
        change = ChangeNode(course_id=course.id, node_id=lesson, if_match=seen.etag, markdown="New.")
        newer = await room.content.authoring.change_node(change)
        late = change.model_copy(update={"markdown": "Mine."})
        with pytest.raises(DraftMoved) as caught:
            await room.content.authoring.change_node(late)
        assert caught.value.members["yours"] == seen.etag
        assert caught.value.members["current"] == newer
        assert caught.value.members["now"]["markdown"] == "New."
        assert (await room.content.editing.lesson(course.id, lesson)).markdown == "New."


@covers("CON-1")
async def test_the_order_is_set_as_a_whole_or_not_at_all(room: Classroom) -> None:
    course = await room.write("a", "b", "c")
    with room.as_(course.author):
        second = await room.content.authoring.add_section(AddSection(course_id=course.id, title="Part 2"))
        a, b, c = course.lessons
        wanted = (
            SectionOrder(section_id=second.id, lesson_ids=(c, a)),
            SectionOrder(section_id=course.section_id, lesson_ids=(b,)),
        )
        tag = (await room.content.editing.draft(course.id)).order_etag
        order = SetOrder(course_id=course.id, if_match=tag, sections=wanted)
        await room.content.ordering.set_order(order)
        draft = await room.content.editing.draft(course.id)
        assert [[one.id for one in part.lessons] for part in draft.sections] == [[c, a], [b]]
        with pytest.raises(DraftMoved):
            await room.content.ordering.set_order(order)
        lost = (SectionOrder(section_id=second.id, lesson_ids=(c, a, a)), wanted[1])
        with pytest.raises(Invalid, match="exactly once"):
            await room.content.ordering.set_order(SetOrder(course_id=course.id, sections=lost))


@covers("CON-1")
async def test_single_steps_cross_sections_and_stop_at_the_ends(room: Classroom) -> None:
    course = await room.write()
    with room.as_(course.author):
        second = await room.content.authoring.add_section(AddSection(course_id=course.id, title="Part 2"))
        lesson = course.lessons[0]
        for up, places in ((True, [[lesson], []]), (False, [[], [lesson]]), (False, [[], [lesson]])):
            await room.content.ordering.move(MoveNode(course_id=course.id, node_id=lesson, is_up=up))
            draft = await room.content.editing.draft(course.id)
            assert [[one.id for one in part.lessons] for part in draft.sections] == places
        await room.content.ordering.move(MoveNode(course_id=course.id, node_id=second.id, is_up=True))
        assert (await room.content.editing.draft(course.id)).sections[0].id == second.id


@covers("CON-1")
async def test_a_section_goes_with_its_lessons(room: Classroom) -> None:
    course = await room.write("a", "b")
    with room.as_(course.author):
        await room.content.authoring.drop_node(DropNode(course_id=course.id, node_id=course.section_id))
        with pytest.raises(LessonNotFound):
            await room.content.editing.lesson(course.id, course.lessons[0])
    assert await titles(room, course) == []


@covers("CON-1")
async def test_what_is_not_ones_own_is_not_there(room: Classroom) -> None:
    course = await room.write("secret")
    stranger = teacher()
    commands = room.content.authoring
    with room.as_(stranger):
        for act in (
            commands.change_details(ChangeDetails(course_id=course.id, title="Mine now")),
            commands.add_section(AddSection(course_id=course.id, title="x")),
            commands.change_node(ChangeNode(course_id=course.id, node_id=course.lessons[0], title="x")),
            commands.drop_node(DropNode(course_id=course.id, node_id=course.lessons[0])),
            room.content.editing.draft(course.id),
            room.content.courses.delete(DeleteCourse(course_id=course.id)),
        ):
            with pytest.raises(CourseNotFound):
                await act


@covers("CON-21")
async def test_rules_in_a_circle_or_about_lost_lessons_are_refused(room: Classroom) -> None:
    course = await room.write("a", "b")
    a, b = course.lessons
    with room.as_(course.author):
        rule = ChangeNode(course_id=course.id, node_id=b, rule={"done": str(a)})
        await room.content.authoring.change_node(rule)
        with pytest.raises(Invalid) as caught:
            await room.content.authoring.change_node(
                ChangeNode(course_id=course.id, node_id=a, rule={"done": str(b)})
            )
        assert caught.value.members["circle"] == [str(a), str(b), str(a)]
        with pytest.raises(Invalid, match="waits for this one"):
            await room.content.authoring.drop_node(DropNode(course_id=course.id, node_id=a))
        await room.content.authoring.change_node(ChangeNode(course_id=course.id, node_id=b, rule={}))
        await room.content.authoring.drop_node(DropNode(course_id=course.id, node_id=a))


@covers("CON-2", "CON-5")
async def test_wrong_words_name_their_field_and_change_nothing(room: Classroom) -> None:
    course = await room.write("fine")
    details = ChangeDetails(course_id=course.id)
    with room.as_(course.author):
        for wrong, pointer in (
            ({"category": "alchemy"}, "/category"),
            ({"cover_motif": "skull"}, "/cover_motif"),
            ({"title": "  "}, "/title"),
            ({"slug": "Ab c"}, "/slug"),
            ({"outcomes": tuple("abcdefghijklm")}, "/outcomes"),
        ):
            with pytest.raises(Invalid) as caught:
                await room.content.authoring.change_details(details.model_copy(update=wrong))
            assert caught.value.errors[0].pointer == pointer
        long = AddLesson(
            course_id=course.id, section_id=course.section_id, title="Long", markdown="x" * 70_000
        )
        with pytest.raises(Invalid, match="too long"):
            await room.content.authoring.add_lesson(long)
    assert len((await titles(room, course))[0]) == 1


@covers("CON-9")
async def test_a_request_sent_twice_is_one_course(room: Classroom) -> None:
    command = CreateCourse(title="Once only")
    with room.as_(room.teacher, key="one-key"):
        first = await room.content.authoring.create(command)
        again = await room.content.authoring.create(command)
    assert first == again


@covers("CON-4")
async def test_an_author_without_the_role_any_more_reads_but_does_not_write(room: Classroom) -> None:
    course = await room.write()
    demoted = course.author.model_copy(update={"permissions": frozenset()})
    with room.as_(demoted):
        assert (await room.content.courses.get(GetCourse(course_id=course.id))).standing.is_author
        with pytest.raises(Forbidden):
            await room.content.authoring.change_details(ChangeDetails(course_id=course.id, title="x"))
    assert replace(course, author=demoted).id == course.id
