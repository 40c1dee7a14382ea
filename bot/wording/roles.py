"""Who may do what, for administrators; and the news of it to whomever it concerns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.messages import Button, Buttons, Card, Facts, Field, FieldKind, Form, Heading, Part, Text, Tone
from bot.store.records import Person, Role

NAMES = {Role.ADMINISTRATOR: "Administrator", Role.LD: "L&D", Role.EXPERT: "Expert"}
MAY = {
    Role.ADMINISTRATOR: "runs Lanyard: roles, who gets what nobody could answer, and all that L&D may",
    Role.LD: "plans campaigns, sees what is missing, and changes every job aid that is not locked",
    Role.EXPERT: "publishes job aids without asking L&D",
}
CAN = {
    Role.ADMINISTRATOR: "/lanyard people: who may do what. /lanyard fallback: who gets what nobody else could answer.",
    Role.LD: "/nudge: a campaign of reminders. /lanyard gaps: what was asked and not answered.",
    Role.EXPERT: "What you write or answer becomes a job aid with one tap.",
}
_RULES = "\n".join(f"• {NAMES[role]}: {MAY[role]}." for role in NAMES)
MOST_NAMED = 20
LONGEST_GROUPS = 500


def overview(holders: Mapping[Role, Sequence[Person]]) -> Card:
    facts = [(f"{NAMES[role]}", _names(holders[role]) or "nobody") for role in NAMES]
    return Card(
        summary="Who may do what",
        parts=(
            Heading(text="Who may do what"),
            Facts(facts=tuple(facts)),
            Text(text=f"{_RULES}\nEverybody else asks, answers, and suggests job aids.", tone=Tone.QUIET),
            Buttons(buttons=(Button(label="Look somebody up", verb="find_person", opens_form=True),)),
        ),
    )


def _names(people: Sequence[Person]) -> str:
    named = ", ".join(person.name for person in people[:MOST_NAMED])
    more = len(people) - MOST_NAMED
    return f"{named}, and {more} more" if more > 0 else named


def find_form() -> Form:
    hint = "As your company writes it: ada@example.org"
    email = Field(name="email", label="E-mail address", hint=hint, max_length=254)
    return Form(title="Look somebody up", verb="find_person", fields=(email,), submit="Look up")


def unknown(email: str) -> str:
    return f"Nobody here is known by {email}. Check the spelling; whoever is new writes to me once, and is known then."


def person_card(person: Person) -> Card:
    facts = [
        ("Name", person.name),
        ("E-mail", person.email or "not known"),
        ("Roles", say_roles(person.roles)),
        ("Groups", ", ".join(sorted(person.groups)) or "none"),
    ]
    parts: list[Part] = [Facts(facts=tuple(facts))]
    if not person.active:
        parts.append(Text(text="They have left.", tone=Tone.QUIET))
    value = str(person.id)
    buttons = (
        Button(label="Change", verb="change_roles", value=value, opens_form=True),
        Button(label="Have them forgotten", verb="forget", value=value, opens_form=True),
    )
    return Card(summary=f"{person.name}: {say_roles(person.roles)}", parts=(*parts, Buttons(buttons=buttons)))


def roles_form(person: Person) -> Form:
    return Form(
        title=f"Roles: {person.name}"[:24],
        verb="change_roles",
        value=str(person.id),
        intro=(Text(text=_RULES, tone=Tone.QUIET),),
        fields=(
            Field(
                name="roles",
                label="Roles",
                kind=FieldKind.CHOICES,
                value=",".join(role for role in NAMES if role in person.roles),
                options=tuple((role.value, name) for role, name in NAMES.items()),
                required=False,
            ),
            Field(
                name="groups",
                label="Groups",
                value=", ".join(sorted(person.groups)),
                hint="Parted by commas. They see the job aids for these groups. Those with an @ follow your platform.",
                required=False,
                max_length=LONGEST_GROUPS,
            ),
        ),
        submit="Save",
    )


def say_roles(roles: Collection[str]) -> str:
    return ", ".join(name for role, name in NAMES.items() if role in roles) or "none"


def told(by: str, before: Collection[str], after: Collection[str]) -> Card | None:
    """To whoever's roles were changed; None where nothing that concerns them was."""
    given = [role for role in NAMES if role in after and role not in before]
    taken = [role for role in NAMES if role in before and role not in after]
    if not given and not taken:
        return None
    said = []
    if given:
        said.append(f"{by} has given you a role in Lanyard: {_and(given)}.")
    if taken:
        said.append(f"{by} has taken a role of yours in Lanyard back: {_and(taken)}.")
    said += [f"• {CAN[role]}" for role in given]
    text = "\n".join(said)
    return Card(summary=said[0], parts=(Text(text=text),))


def _and(roles: Sequence[Role]) -> str:
    return ", ".join(NAMES[role] for role in roles)
