"""The tables. Typed declarative classes describe them; the statements elsewhere in this package are plain Core.

Every row of the domain belongs to one workspace. Times are aware and kept in UTC (`Moment`). Rows of the machinery
(inbox, outbox) belong to a platform's tenant and are leased by wall time, whatever clock the domain lives by.
"""

from __future__ import annotations

from bot.store.tables.campaigns import Barrier, Campaign, Enrolment, FollowUp, Listed, Memory, Nudge, Pass, Step
from bot.store.tables.columns import Base, Id, Json, Moment
from bot.store.tables.files import SentFile
from bot.store.tables.knowledge import JobAid, JobAidVersion, Lease, Phrasing, Snippet, Suggestion, Term, Vector
from bot.store.tables.machinery import Audit, Bucket, Gate, InboxRow, OutboxRow, Setting
from bot.store.tables.people import (
    Channel,
    Identity,
    Installation,
    Overheard,
    Person,
    Reference,
    Restraint,
    SignIn,
    Talk,
    Tenant,
    Visit,
    Workspace,
)
from bot.store.tables.questions import (
    Answer,
    Calibration,
    Evidence,
    EvidenceVector,
    ExpertProfile,
    Question,
    Routing,
    RoutingWeights,
)

__all__ = [
    "Answer",
    "Audit",
    "Barrier",
    "Base",
    "Bucket",
    "Calibration",
    "Campaign",
    "Channel",
    "Enrolment",
    "Evidence",
    "EvidenceVector",
    "ExpertProfile",
    "FollowUp",
    "Gate",
    "Id",
    "Identity",
    "InboxRow",
    "Installation",
    "JobAid",
    "JobAidVersion",
    "Json",
    "Lease",
    "Listed",
    "Memory",
    "Moment",
    "Nudge",
    "OutboxRow",
    "Overheard",
    "Pass",
    "Person",
    "Phrasing",
    "Question",
    "Reference",
    "Restraint",
    "Routing",
    "RoutingWeights",
    "SentFile",
    "Setting",
    "SignIn",
    "Snippet",
    "Step",
    "Suggestion",
    "Talk",
    "Tenant",
    "Term",
    "Vector",
    "Visit",
    "Workspace",
]
