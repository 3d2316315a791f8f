"""The fleet report: what to fix first and how sure that is, as one HTML file."""

from cyberdesk_nb.report.attachments import Form
from cyberdesk_nb.report.examples import Recordings
from cyberdesk_nb.report.redaction import MaskedRuns, Masking
from cyberdesk_nb.report.report import Report, Saved, make_report
from cyberdesk_nb.report.scrubbing import Scrubber
from cyberdesk_nb.report.study import Scope

__all__ = [
    "Form",
    "MaskedRuns",
    "Masking",
    "Recordings",
    "Report",
    "Saved",
    "Scope",
    "Scrubber",
    "make_report",
]
