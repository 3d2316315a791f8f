"""Filter the monthly sales report in InsightDeck and export it to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.reports import FORMATS, MONTHS, REGIONS, Reports, rows
from . import _trouble
from ._kind import Kind, Outcome

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Reports()


class MonthlyReportExport(Kind):
    """An analyst's export at the start of the month."""

    slug = "monthly-report-export"
    name = "Monthly report export"
    tags = ("reporting", "file-export")
    main_prompt = (
        "Open the monthly sales report in InsightDeck. Set the month to {month} and the region to {region}, with "
        "{min_order_value} as the smallest order value, and apply the filters. "
        "If {exclude_returns} is true, leave returns out. "
        "Then choose Export in the File menu, take the format {format}, and name the file {file_name}. "
        "Wait until the export is finished, and report the number of rows and the revenue that the report shows. "
        "Do not replace a file that exists already: declare the task failed instead."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "month": {"type": "string", "enum": list(MONTHS), "description": "Month to report on"},
            "region": {"type": "string", "enum": list(REGIONS), "default": REGIONS[0]},
            "min_order_value": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0},
            "exclude_returns": {"type": "boolean", "default": False},
            "format": {"type": "string", "enum": list(FORMATS), "default": "CSV"},
            "file_name": {"type": "string", "minLength": 1, "maxLength": 80, "description": "Without extension"},
        },
        "required": ["month", "file_name"],
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "file_name": {"type": "string"},
            "rows": {"type": "integer"},
            "revenue": {"type": "number"},
        },
        "required": ["file_name", "rows", "revenue"],
    }
    disturbances = (
        _trouble.notice("survey", "export", "Help us improve", "How do you like InsightDeck? Take a short survey.",
                        "A survey came up. It is not part of the task, so I close it.", icon="question"),
        _trouble.update_banner("file"),
    )  # fmt: skip
    failures = (
        _trouble.message("file_exists", "save", "Export report", "A file with this name exists already.",
                         "The file exists already and must not be replaced.",
                         r"File C:\Users\ops\Documents\Reports\{file_name} exists already (size {ref} bytes)."),
        _trouble.message("query_failed", "shown", "InsightDeck", "The query failed: data source sales_dw is offline.",
                         "The data source is offline, so there is nothing to export.",
                         "The data source sales_dw is offline (error 0x{ref})."),
        _trouble.not_responding("save", "InsightDeck", "insightdeck.exe"),
        _trouble.connection_lost("export"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        month, region = rng.choice(MONTHS), rng.choice(REGIONS)
        return {
            "month": month, "region": region, "min_order_value": rng.choice((0, 0, 100, 250)),
            "exclude_returns": rng.random() < 0.5, "format": rng.choice(FORMATS),
            "file_name": f"sales_{month}_{region.lower().replace(' ', '_')}",
        }  # fmt: skip

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        del inputs
        return Desktop(_APP, State(fields={"month": MONTHS[0], "region": REGIONS[0], "minimum": "0"}))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        take.screenshot("I look at the report before I change its filters.")
        if inputs["month"] != take.desktop.state.text("month"):
            take.pick("month", inputs["month"], "Month")
        region = inputs["region"]
        if region != take.desktop.state.text("region"):
            take.pick("region", region, "Region")
        least = inputs["min_order_value"]
        take.double_click("minimum", "I select the smallest order value to replace it.")
        take.type(str(least), f"I type {least}.")
        if inputs["exclude_returns"]:
            take.click("returns", "Returns are to be left out, so I tick the box.")
        take.click("apply", "The filters are set. I apply them.")
        take.wait(3, "The report is being queried.")
        take.mark("shown")
        shown = rows(take.desktop.state)
        revenue = round(sum(r[2] for r in shown), 2)
        take.focused_action("Read the number of product rows and the total revenue",
                            {"rows": len(shown), "revenue": revenue},
                            "The report shows the month. I have its figures read.")  # fmt: skip
        take.mark("export")
        take.click("menu.file", "I open the File menu to export.")
        take.click("export", "I choose Export.")
        chosen = inputs["format"]
        if chosen != "CSV":
            take.pick("format", chosen, "Format")
        take.mark("file")
        take.fill("file_name", inputs["file_name"], "File name")
        take.mark("save")
        take.click("export.go", "Format and file name are right. I press Export.")
        take.wait(4, "The file is being written.")
        take.click("exported.ok", "The program says that the export is finished. I close the message.")
        name = take.desktop.state.data["exported"]
        output = {"file_name": name, "rows": len(shown), "revenue": revenue}
        return Outcome(output, f"Exported {len(shown)} rows to {name}.")
