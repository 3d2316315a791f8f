"""The workflow kinds that the seeded fleet runs, one a file."""

from ._kind import Disturbance, Failure, Kind, Move, Outcome, Play, Shot
from .ehr_patient_lookup import EhrPatientLookup

KINDS: tuple[Kind, ...] = (EhrPatientLookup(),)

__all__ = ["KINDS", "Disturbance", "Failure", "Kind", "Move", "Outcome", "Play", "Shot"]
