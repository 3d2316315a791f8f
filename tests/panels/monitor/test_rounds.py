"""Which page is asked for next: no run known as live is lost sight of, and the list is doubted when it disagrees."""

from __future__ import annotations

from cyberdesk_nb.panels.monitor.book import RunBook
from cyberdesk_nb.panels.monitor.rounds import MARGIN, PAGE_MAX, Rounds
from tests.panels.monitor.source import OnePage, ended, live
from tests.panels.records import AT


def rounds_of(*runs: object, counts: bool = True) -> tuple[RunBook, Rounds]:
    """Give rounds over a book that knows these runs from a reading of the whole list."""
    book = RunBook()
    book.take(runs, AT)  # pyright: ignore[reportArgumentType]
    rounds = Rounds(book, counts=counts)
    rounds.restart()
    return book, rounds


def test_one_small_page_is_a_round_where_all_live_runs_are_on_it() -> None:
    """A page is just large enough for the live runs and a margin, and the next round starts at the top."""
    runs = [live(f"l{i}") for i in range(7)]
    _, rounds = rounds_of(*runs)
    assert rounds.ask() == (0, 7 + MARGIN)
    step = rounds.take(OnePage([*runs[:6], ended("l6")], 7), AT)
    assert (step.changed, step.is_over, step.doubt) == ({"l6"}, True, "")
    assert rounds.ask() == (0, 6 + MARGIN)


def test_the_next_page_is_asked_for_until_every_live_run_was_seen() -> None:
    """A run that ended longer ago than a page reaches is looked for on the next one, which overlaps."""
    many = [ended(f"e{i}") for i in range(MARGIN + 40)]
    book, rounds = rounds_of(live("gone-far"), *many)
    skip, limit = rounds.ask()
    assert not rounds.take(OnePage(many[skip : skip + limit], 141), AT).is_over
    skip, limit = rounds.ask()
    assert 0 < skip < MARGIN + 1 <= skip + limit
    assert limit == PAGE_MAX
    assert rounds.take(OnePage([*many[skip:], ended("gone-far")], 141), AT) == rounds_step({"gone-far"})
    assert book.live == set()
    assert rounds.ask()[0] == 0


def rounds_step(changed: set[str]) -> object:
    """Give the step that ends a round without a doubt."""
    from cyberdesk_nb.panels.monitor.rounds import Step

    return Step(changed, is_over=True)


def test_a_live_run_that_is_nowhere_is_a_doubt() -> None:
    """Where the list ends, or three pages on, a run not seen is a reason to read the whole list again."""
    _, rounds = rounds_of(live("lost"), counts=False)
    rounds.ask()
    assert "1 run was not where live runs are listed" in rounds.take(OnePage([ended("e")], 1), AT).doubt
    endless = [ended(f"e{i}") for i in range(PAGE_MAX)]
    rounds.ask()
    for _ in range(2):
        assert not rounds.take(OnePage(endless[:500], 10_000), AT).is_over
        rounds.ask()
    assert rounds.take(OnePage(endless[:500], 10_000), AT).doubt


def test_a_list_that_does_not_say_its_total_ends_with_a_short_page() -> None:
    """Without a total, a page with fewer rows than were asked for is the last."""
    _, rounds = rounds_of(live("lost"))
    rounds.ask()
    assert rounds.take(OnePage([ended("e")], None), AT).is_over


def test_another_total_is_a_doubt_once_for_each_difference() -> None:
    """A total that still differs after the list was read again is how that server counts; another one is a doubt."""
    _, rounds = rounds_of(ended("a"), ended("b"))

    def doubt(total: int) -> str:
        rounds.ask()
        return rounds.take(OnePage([ended("a"), ended("b")], total), AT).doubt

    assert doubt(2) == ""
    assert doubt(1) == "the server counts 1 runs where 2 are known"
    assert doubt(1) != "", "it stays a doubt until the list was read"
    rounds.restart()
    assert doubt(1) == ""
    assert doubt(5) != ""
    rounds.restart()
    assert doubt(2) == ""


def test_only_a_list_that_is_watched_whole_is_counted() -> None:
    """Where some runs of a list are watched, its total says nothing."""
    _, rounds = rounds_of(ended("a"), counts=False)
    rounds.ask()
    assert rounds.take(OnePage([ended("a")], 99), AT).doubt == ""
