"""Enter a vendor invoice in Ledgerline ERP, line by line, and post it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from ..screens import Desktop, State
from ..screens.apps.erp import ROWS, Erp
from . import _people, _trouble
from ._chance import seeded
from ._kind import Kind, Outcome

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ._take import Take

_APP = Erp()
_GOODS = (
    ("Stretch film 500 mm", 3.2), ("Shipping labels, roll", 11.5), ("Copy paper A4, box", 24.9),
    ("Drill bit set", 39.0), ("Forklift hire, day", 140.0), ("Catering, per person", 18.75),
    ("Toner cartridge", 86.4), ("Nitrile gloves, box", 9.9),
)  # fmt: skip
_ACCOUNTS = ("610000", "615200", "620100", "640500")


class ErpInvoiceEntry(Kind):
    """A clerk's posting of one incoming invoice."""

    slug = "erp-invoice-entry"
    name = "ERP invoice entry"
    tags = ("finance", "data-entry")
    main_prompt = (
        "In Ledgerline ERP, open transaction FI60 with the command field. Enter vendor {vendor.number} "
        "({vendor.name}), the reference {invoice_number} and the invoice date {invoice_date}, with {terms_days} days "
        "net, and choose the currency {currency}. Loop over {lines} and enter one line item for each: description, "
        "quantity, unit price and G/L account. Check the document, then post it. "
        "Report the document number that the program shows. "
        "If the invoice was entered before or the vendor is blocked, declare the task failed."
    )
    input_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "vendor": {
                "type": "object",
                "properties": {
                    "number": {"type": "string", "pattern": "^V[0-9]{4}$", "description": "V and four digits"},
                    "name": {"type": "string", "description": "For the check only"},
                },
                "required": ["number"],
            },
            "invoice_number": {"type": "string", "description": "Reference printed on the invoice", "maxLength": 40},
            "invoice_date": {"type": "string", "format": "date"},
            "terms_days": {"type": "integer", "minimum": 0, "maximum": 120, "default": 30},
            "currency": {"type": "string", "enum": ["EUR", "USD", "GBP", "CHF"], "default": "EUR"},
            "lines": {
                "type": "array", "minItems": 1, "maxItems": ROWS,
                "items": {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string"},
                        "quantity": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
                        "unit_price": {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},
                        "account": {"type": "string"},
                    },
                    "required": ["description", "quantity", "unit_price", "account"],
                },
            },
        },
        "required": ["vendor", "invoice_number", "invoice_date", "lines"],
    }  # fmt: skip
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "document_number": {"type": "string"},
            "total": {"type": "number"},
            "currency": {"type": "string"},
            "lines_entered": {"type": "integer"},
        },
        "required": ["document_number", "total", "lines_entered"],
    }
    disturbances = (
        _trouble.notice("period_notice", "entry", "System message",
                        "Period 10/2026 closes tonight at 18:00. Post remaining documents before that time.",
                        "A system message about the closing of the period is open. I confirm it and go on."),
        _trouble.update_banner("lines"),
    )  # fmt: skip
    failures = (
        _trouble.message("duplicate_invoice", "post", "Check document",
                         "Check whether the document has already been entered: reference exists for this vendor.",
                         "The program says that this invoice has been entered before.",
                         "Invoice {invoice_number} of vendor {vendor[number]} exists already as document 51{ref}."),
        _trouble.message("vendor_blocked", "entry", "Vendor master",
                         "The vendor account is blocked for posting in company code 1000.",
                         "The vendor is blocked for posting, so the invoice cannot be entered.",
                         "Vendor {vendor[number]} is blocked for posting (block reason {ref})."),
        _trouble.not_responding("post", "Ledgerline ERP", "llgui.exe"),
        _trouble.connection_lost("lines"),
    )  # fmt: skip

    @override
    def sample_inputs(self, rng: random.Random) -> dict[str, Any]:
        lines = [
            {"description": what, "quantity": rng.randint(1, 60), "unit_price": price, "account": rng.choice(_ACCOUNTS)}
            for what, price in rng.sample(_GOODS, rng.randint(1, 3))
        ]
        return {
            "vendor": {"number": f"V{rng.randint(1000, 9999)}", "name": rng.choice(_people.COMPANIES)},
            "invoice_number": f"{rng.choice(('INV', 'RE', 'F'))}-{rng.randint(2000, 99999)}",
            "invoice_date": _people.recent(rng), "terms_days": rng.choice((14, 30, 60)),
            "currency": rng.choice(("EUR", "EUR", "USD", "GBP")), "lines": lines,
        }  # fmt: skip

    @override
    def open(self, inputs: Mapping[str, Any]) -> Desktop:
        vendor = inputs["vendor"]
        number = seeded(inputs["invoice_number"]).randint(5_100_000_000, 5_109_999_999)
        data = {"vendors": {vendor["number"]: vendor.get("name", "")}, "document": str(number)}
        return Desktop(_APP, State(focus="command", fields={"currency": "EUR"}, data=data))

    @override
    def script(self, take: Take, inputs: Mapping[str, Any]) -> Outcome:
        take.click("command", "Ledgerline ERP is open. I click the command field to start a transaction.")
        take.type("FI60", "I type the transaction code for vendor invoices.")
        take.key("Return", "I confirm the transaction code with Enter.")
        take.wait(1, "The transaction is loading.")
        take.click("vendor", "The invoice screen is open. I begin with the vendor.")
        take.type(inputs["vendor"]["number"], "I type the vendor number.")
        take.key("Return", "Enter makes the program look the vendor up.")
        take.mark("entry")
        take.click("reference", "The vendor is right. Next is the reference.")
        terms = inputs["terms_days"]
        header = f"{inputs['invoice_number']}\t{inputs['invoice_date']}\t{terms}"
        take.type(header, "I type reference, invoice date and days net, with tabs between them.")
        currency = inputs["currency"]
        if take.desktop.state.text("currency") != currency:
            take.pick("currency", currency, "Currency")
        take.mark("lines")
        with take.loop(inputs["lines"], "The header is complete. I loop over the line items.") as begin:
            for i, line in enumerate(inputs["lines"]):
                begin(i)
                take.click(f"desc.{i}", f"I click the description cell of line {i + 1}.")
                row = f"{line['description']}\t{line['quantity']}\t{line['unit_price']:.2f}\t{line['account']}"
                take.type(row, "I type description, quantity, price and account, with tabs between them.")
                take.end_iteration(f"Line {i + 1} entered: {line['description']}")
        take.click("check", "All lines are in. I let the program check the document.")
        take.mark("post")
        take.key("ctrl+s", "The document is complete, so I post it.")
        number = take.desktop.state.data["document"]
        take.click("posted.ok", f"Document {number} was posted. I close the message.")
        total = round(sum(line["quantity"] * line["unit_price"] for line in inputs["lines"]), 2)
        output = {
            "document_number": number,
            "total": total,
            "currency": currency,
            "lines_entered": len(inputs["lines"]),
        }
        return Outcome(
            output, f"Posted invoice {inputs['invoice_number']} as document {number}, {total:,.2f} {currency}."
        )
