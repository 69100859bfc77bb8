"""What is stored. Everything a person sees starts at `Model.objects.for_user(request.user)`."""

from fsdest.models.audit import AuditEntry
from fsdest.models.credentials import Credential
from fsdest.models.decisions import Decision, EditedRecord
from fsdest.models.destinations import Destination, Lane, Version
from fsdest.models.dryruns import DryRun
from fsdest.models.ledger import CallPage, ImportJob, Parked, QuarantinedRecord
from fsdest.models.nexsets import Block, Nexset, RejectedRow, Source
from fsdest.models.organizations import Membership, Organization

__all__ = [
    "AuditEntry",
    "Block",
    "CallPage",
    "Credential",
    "Decision",
    "Destination",
    "DryRun",
    "EditedRecord",
    "ImportJob",
    "Lane",
    "Membership",
    "Nexset",
    "Organization",
    "Parked",
    "QuarantinedRecord",
    "RejectedRow",
    "Source",
    "Version",
]
