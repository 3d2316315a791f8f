"""The workflow kinds that the seeded fleet runs, one a file."""

from ._kind import Kind, Outcome
from ._play import Disturbance, Failure, Move, Play, Shot
from .appointment_scheduling import AppointmentScheduling
from .bank_reconciliation import BankReconciliation
from .claims_portal_status import ClaimsPortalStatus
from .ehr_patient_lookup import EhrPatientLookup
from .erp_invoice_entry import ErpInvoiceEntry
from .freight_order_status import FreightOrderStatus
from .lab_results_entry import LabResultsEntry
from .monthly_report_export import MonthlyReportExport

KINDS: tuple[Kind, ...] = (
    EhrPatientLookup(),
    ErpInvoiceEntry(),
    ClaimsPortalStatus(),
    MonthlyReportExport(),
    AppointmentScheduling(),
    LabResultsEntry(),
    BankReconciliation(),
    FreightOrderStatus(),
)

__all__ = ["KINDS", "Disturbance", "Failure", "Kind", "Move", "Outcome", "Play", "Shot"]
