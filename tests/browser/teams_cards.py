"""Cards and forms as people meet them, for the pictures: made by the words that the bot really says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from adapters.teams import forms, outbound
from bot.messages import Card, FieldKind, Form, Place, Scope
from bot.store.records import Aid, Person, Role
from bot.wording import asking, general, planning, planning_forms, reinforcing, routing
from knowledge.model import Evidence, EvidenceKind, Match, Snippet
from scheduler.kinds import compose
from scheduler.model import Kind, Step

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
PLACE = Place(conversation="a:1", scope=Scope.DIRECT)
REFUND = Snippet(
    id="12.1",
    title="How much may I refund without approval?",
    text=(
        "Up to **150 EUR** a customer and day.\n\n"
        "1. Open the sale and choose `Refund`.\n"
        "2. Above the limit, press **Ask for approval** and go on serving:\n"
        "   - the shift lead gets it at once\n"
        "   - the customer waits no longer than five minutes\n"
        "3. Hand over the receipt.\n\n"
        "| Tender | Back by |\n|---|---|\n| Card | the same card |\n| Gift card | a new gift card |\n\n"
        "> Never cash for a card sale."
    ),
)
AID = Aid(
    id=12,
    number=12,
    key="refund",
    title=REFUND.title,
    need="",
    body=REFUND.text,
    links=(("Refund policy, page 3", "https://intranet.example/refunds#limits"),),
    tags=(),
    owner_id=1,
    deputy_id=None,
    owner_name="Priya Santos",
    audience=frozenset(),
    review_days=180,
    verified_on=date(2026, 10, 2),
    status="published",
    locked=False,
    version=1,
    question_id=None,
)
PLANNER = Person(
    id=1,
    name="Amara",
    email=None,
    time_zone=None,
    roles=frozenset({Role.MEMBER, Role.LD}),
    groups=frozenset(),
    settings={},
    active=True,
)
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
NEAR = [
    Snippet(id=f"{n}.1", title=title, text=title)
    for n, title in enumerate(
        ("Refund without a receipt", "A refund that is above your limit", "Refund to a gift card"), start=20
    )
]

RECALL = compose(
    Step(
        kind=Kind.RECALL,
        after_days=0,
        text="How much may you refund without asking anybody?",
        answer="Up to **150 EUR** a customer and day.",
    ),
    None,
)
ABOUT_ZIPS = [
    Snippet(id=f"{n}.1", title=title, text=title)
    for n, title in enumerate(("Wax a zip that runs hard", "Send a tent in for repair"), start=30)
]


def shown() -> Mapping[str, Card]:
    """By the name of its picture."""
    return {
        "answer": asking.answer(REFUND, AID, question="", answer_id=1, private=True, today=TODAY),
        "choices": asking.choices("refund gift", NEAR, question_id=1),
        "request": routing.request(
            asker="Amara Lindqvist",
            question="The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?",
            where=" in #support-desk",
            reason=routing.why(
                [Evidence(person="1", kind=EvidenceKind.ANSWERED, text="zips", at=datetime(2026, 5, 12, tzinfo=UTC))]
            ),
            near=ABOUT_ZIPS,
            routing_id=1,
            first_time=False,
        ),
        "nudge": reinforcing.nudge(
            RECALL,
            source=reinforcing.source(
                "Refunds without friction", purpose="after the refund training", owner="Leila Brandvold", personal=False
            ),
            nudge_id=1,
            offered=RECALL.responses,
            answer=False,
        ),
        "help": general.help_card(PLANNER),
        "nudge-help": planning.help_card(is_ld=True),
    }


CHANNELS = ("Larkspur › General", "store-berlin", "support-desk")


def with_channels(form: Form, names: Sequence[str]) -> Form:
    """As the front fills them in."""
    options = tuple((f"19:{number:032}@thread.tacv2", name) for number, name in enumerate(names))
    fields = (replace(field, options=options) if field.kind is FieldKind.CHANNELS else field for field in form.fields)
    return replace(form, fields=tuple(fields))


def dialogs() -> Mapping[str, dict[str, object]]:
    campaign = with_channels(planning_forms.form(name="Refund basics", audience="#support"), CHANNELS)
    errors = {
        "steps": "I do not understand “fly to the moon”. A reminder is a tip, recall, apply, plan or check-in.",
        "time_zone": "There is no time zone “Atlantis”. Write it like Europe/Berlin or America/New_York.",
    }
    return {
        "form": forms.to_task(campaign, place=PLACE, errors=errors),
        "form-many-channels": forms.to_task(
            with_channels(planning_forms.form(), tuple(f"Team {number} › General" for number in range(30))), place=PLACE
        ),
        "pick": forms.to_task(
            routing.aid_form([Match(snippet=one, score=0.4) for one in NEAR], routing_id=1), place=PLACE
        ),
    }


NAMES = ("answer", "choices", "request", "nudge", "help", "nudge-help", "form", "form-many-channels", "pick")


def adaptive_cards() -> Mapping[str, dict[str, object]]:
    """All of them, as Teams gets them."""
    cards = {name: outbound.to_card(card) for name, card in shown().items()}
    return cards | {name: task["value"]["card"]["content"] for name, task in dialogs().items()}  # type: ignore[index]
