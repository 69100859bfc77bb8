"""What is stored. Everything a person sees starts at `Model.objects.for_member(member)`."""

from fsdest.models.audit import AuditEntry
from fsdest.models.bursts import Burst
from fsdest.models.credentials import Credential
from fsdest.models.decisions import Decision, EditedRecord
from fsdest.models.destinations import Destination, Lane, Version
from fsdest.models.dryruns import DryRun
from fsdest.models.hours import CallHour
from fsdest.models.invitations import Invitation
from fsdest.models.ledger import CallPage, ImportJob, Parked, QuarantinedRecord
from fsdest.models.nexsets import Block, Nexset, RejectedRow, Source
from fsdest.models.organizations import Membership, Organization
from fsdest.models.roles import Permission, Role
from fsdest.models.taken import TakenForm

__all__ = [
    "AuditEntry",
    "Block",
    "Burst",
    "CallHour",
    "CallPage",
    "Credential",
    "Decision",
    "Destination",
    "DryRun",
    "EditedRecord",
    "ImportJob",
    "Invitation",
    "Lane",
    "Membership",
    "Nexset",
    "Organization",
    "Parked",
    "Permission",
    "QuarantinedRecord",
    "RejectedRow",
    "Role",
    "Source",
    "TakenForm",
    "Version",
]
