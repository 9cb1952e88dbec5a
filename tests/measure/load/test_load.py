"""The measurement itself: what counts as wrong and as missing, who comes when, and what a reader makes of messages."""

import json

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.measure.load.__main__ import Seen, differences, percentile
from tests.measure.load.reader import Reader
from tests.measure.load.visits import MOVES, moves, scenarios, scenes


def seen(still: str = "a", frame: str | None = "f") -> Seen:
    frames = {} if frame is None else {"film 3": frame}
    return Seen(stills={"explain?": {"image x": still}}, frames=frames, under={"explain?": "film 3"})


def test_equal_pictures_are_right() -> None:
    assert differences([seen(), seen()], seen()) == (4, [], [])


def test_what_differs_from_the_quiet_reader_is_wrong() -> None:
    assert differences([seen(), seen(still="b")], seen())[1] == ["explain?: image x"]
    assert differences([seen(frame="g"), seen()], seen())[1] == ["frame film 3"]


def test_what_readers_do_not_agree_about_is_wrong_though_the_quiet_one_never_saw_it() -> None:
    one, other = seen(), seen()
    one.frames["film 9"], other.frames["film 9"] = "x", "y"
    assert differences([one, other], seen())[1] == ["frame film 9"]
    other.frames["film 9"] = "x"
    assert differences([one, other], seen())[1] == []


def test_what_is_not_there_is_missing() -> None:
    assert differences([seen(frame=None)], seen())[2] == ["explain?: frame film 3"]
    bare = Seen(stills={"explain?": {}}, frames={"film 3": "f"}, under={"explain?": "film 3"})
    assert differences([bare], seen())[2] == ["explain?: image x"]


def test_percentiles() -> None:
    assert [percentile([float(i) for i in range(100)], share) for share in (0.5, 0.95)] == ["50.00", "95.00"]
    assert percentile([], 0.5) == "–" and percentile([2.0], 0.95) == "2.00"


def test_readers_come_within_the_time() -> None:
    one, second, many = scenarios(3)
    assert one.arrivals() == [0, 5, 10] and second.arrivals() == [0, 0.5, 1] and not many.moves
    assert [s.name for s in scenarios(3, ["scenes"])] == [many.name]


def test_scenes_differ_and_everybody_moves_otherwise() -> None:
    assert len(set(scenes(40))) == 40
    assert moves(1)[:20] == moves(1)[:20] != moves(2)[:20] and all(word in MOVES[key] for key, word in moves(3))


# --- messages ---------------------------------------------------------------------------------------------------------


def begun(run: str, *fragments: str) -> ForwardMsg:
    message = ForwardMsg()
    message.new_session.SetInParent()
    message.metadata.run.script_run_id = run
    message.metadata.run.fragment_ids.extend(fragments)
    return message


def drawn(path: int, told: dict | None = None, fragment: str = "") -> ForwardMsg:
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, 1, path])
    message.delta.fragment_id = fragment
    if told is None:
        message.delta.new_element.markdown.body = "words"
    else:
        message.delta.new_element.bidi_component.json = json.dumps(told)
    return message


def ended(how: "ForwardMsg.ScriptFinishedStatus.ValueType" = ForwardMsg.FINISHED_SUCCESSFULLY) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = how
    return message


@pytest.fixture
def reader() -> Reader:
    return Reader("http://nowhere", "explain?K=4")


def take(reader: Reader, *messages: ForwardMsg) -> None:
    for message in messages:
        reader._take(message)


def test_what_a_run_does_not_draw_again_is_gone_and_a_fragment_s_run_keeps_the_rest(reader: Reader) -> None:
    take(reader, begun("1"), drawn(0), drawn(1), drawn(2, fragment="f"), drawn(3, fragment="f"), ended())
    assert len(reader.placed) == 4 and reader.says and reader.finished
    take(reader, begun("2", "f"), drawn(2, fragment="f"), ended(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
    assert sorted(path[2] for path in reader.placed) == [0, 1, 2]
    take(reader, begun("3"), drawn(1), ended(ForwardMsg.FINISHED_EARLY_FOR_RERUN))
    assert len(reader.placed) == 3 and not reader.finished
    take(reader, begun("4"), drawn(1), ended())
    assert [path[2] for path in reader.placed] == [1]


def test_a_run_that_was_not_asked_for_is_not_the_one_awaited(reader: Reader) -> None:
    reader.awaited = ""
    take(reader, begun("1", "feed"), ended(ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY))
    assert reader.awaited == ""
    take(reader, begun("2"))
    assert reader.awaited is None


def test_a_film_lacks_what_film_js_would_ask_for(reader: Reader) -> None:
    head = {"id": "film", "stops": [], "at": 2, "ahead": 4, "key": "B", "panels": []}
    take(reader, begun("1"), drawn(0, head), drawn(1, {"id": "film", "frames": ["a", None, "c", "d", None]}))
    assert reader._lacking() == 1 and reader.stop() == "film 2" and reader.link() == "explain?K=4"
    take(reader, drawn(1, {"id": "film", "frames": ["a", "b", "c", "d", None]}))
    assert reader._lacking() is None  # the last one is computed when the hand is there
    take(reader, drawn(0, head | {"at": 4}))
    assert reader._lacking() == 4
