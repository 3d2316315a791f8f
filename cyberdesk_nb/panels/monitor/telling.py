"""What a monitor says of itself: what it does, when it was good last, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping

from cyberdesk_nb.panels.monitor.book import RunBook
from cyberdesk_nb.panels.monitor.confirming import count_of
from cyberdesk_nb.panels.monitor.polling import Phase, Poller
from cyberdesk_nb.panels.monitor.rows import short
from cyberdesk_nb.panels.wording import refusal_words


def state_words(poller: Poller, book: RunBook) -> str:
    """Say what the monitor is doing, and when the server answered last."""
    good = f" Last good at {poller.last_good.astimezone():%H:%M:%S}." if poller.last_good else ""
    if poller.phase is Phase.READING:
        total = "" if poller.total is None else f" of {poller.total:,}"
        return f"Reading the list: {poller.rows:,}{total} runs so far.{good}"
    if poller.phase is Phase.STOPPED:
        return f"Stopped.{good}"
    if poller.phase is Phase.ENDED:
        all_words = f"All {count_of(len(book), 'run')} have ended" if len(book) > 1 else "The one run has ended"
        return f"{all_words if book.runs else 'There is no run here'}; the server is not asked any more.{good}"
    live = len(book.live)
    return f"Watching: {count_of(live, 'run')} {'has' if live == 1 else 'have'} not ended.{good}"


def trouble_words(poller: Poller) -> str:
    """Say why what is shown may be out of date; empty where it is not."""
    if poller.failure is not None:
        when = f"in {poller.pace.until_next} s" if poller.pace.until_next else "now"
        then = "It is not asked again." if poller.phase is Phase.STOPPED else f"Asking again {when}."
        return f"{_last_state(poller)} {refusal_words(poller.failure)} {then}"
    if poller.pace.is_late:
        return f"{_last_state(poller)} The server has not answered for {poller.pace.waited} s."
    return ""


def doubt_words(poller: Poller) -> str:
    """Say what may be missing from the list as it is known; empty where nothing is."""
    walked = poller.walked
    said = [f"The list is read again: {poller.doubt}."] if poller.doubt else []
    if walked is not None and (walked.is_cut or not walked.complete):
        said.append(f"This is not the whole list: {walked.why}.")
    if walked is not None and walked.problems:
        said.append(f"{count_of(walked.problems, 'value')} of it could not be read, or are not known here.")
    return " ".join(said)


def count_words(shown: int, known: int, counts: Mapping[str, int], about: str) -> str:
    """Say how many runs are shown, of how many, and how they stand."""
    by_status = ", ".join(f"{count:,} {short(status, 40)}" for status, count in counts.items())
    of = f"Showing {shown:,} of {count_of(known, 'run')}" if shown != known else f"Showing all {count_of(known, 'run')}"
    if known == 0:
        of = "No run to show"
    return f"{of}{f' {about}' if about else ''}{f': {by_status}' if by_status else ''}."


def _last_state(poller: Poller) -> str:
    if poller.last_good is None:
        return "The list could not be read yet."
    return f"This is the last known state, good at {poller.last_good.astimezone():%H:%M:%S}."
