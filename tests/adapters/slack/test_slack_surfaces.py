"""Home tab, assistant's pane, shortcuts, replies in threads: through Slack's wire, HTTP and Socket Mode."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.messages import Begun, Card, Home, Inbound, Opened, Outcome, Prompts, Text
from tests.adapters.slack.harness import open_company
from tests.adapters.slack.test_slack_journeys import ZIP, Company, company
from tests.adapters.test_contract import FORM
from tests.doubles.slack.double import Fault, Wrong

__all__ = ["company"]


async def ask_expert(company: Company) -> str:
    """Amara asks in the open, Henrik is asked. Returns the time stamp of the question."""
    await company("henrik").dm("Hello")  # whom the platform has never shown cannot be asked on it
    deed = await company("amara").says("support-desk", ZIP, mention=True)
    offer = await company.find("amara", "expert")
    await company("amara").press(offer.id, next(label for label in offer.buttons if "expert" in label))
    await company.settle()
    return deed.ts


# ── the Home tab ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_home_tab_shows_what_is_open_and_acts_where_it_stands(company: Company) -> None:
    asked = await ask_expert(company)
    assert (await company("amara").opens_home()).accepted
    home = company("amara").reads_view()
    assert "with Henrik Adeyemi" in home.text
    assert len(home.links) == 1
    assert home.links[0].endswith(f"/p{asked.replace('.', '')}")
    await company("amara").press(company("amara").home(), "Withdraw")
    assert "with Henrik Adeyemi" not in company("amara").reads_view().text
    await company.settle()
    assert "Nothing is left to do" in (await company.find("henrik", "Nothing is left to do")).text


async def test_a_form_of_the_home_tab_answers_and_the_tab_follows(company: Company) -> None:
    await ask_expert(company)
    henrik = company("henrik")
    await henrik.opens_home()
    await henrik.press(henrik.home(), "Answer")
    await henrik.submit({"answer": "It is the slider: take LK-40718."})
    home = henrik.home()
    assert home is not None
    assert "Colleagues ask you" not in henrik.reads_view(home).text
    assert (await company.find("amara", "LK-40718")).thread is not None


# ── the assistant's pane ────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_pane_offers_what_one_may_see_whatever_channel_one_looks_at(company: Company) -> None:
    leila, direct = company("leila"), company("leila").direct()
    outside = (await leila.opens_assistant()).ts
    inside = (await leila.opens_assistant(looking_at="people-team")).ts
    assert direct.prompts[outside] == direct.prompts[inside]
    assert 1 <= len(direct.prompts[inside]) <= 4


async def test_a_question_in_the_pane_is_answered_in_its_thread_which_takes_its_title(company: Company) -> None:
    amara, direct = company("amara"), company("amara").direct()
    thread = (await amara.opens_assistant(looking_at="support-desk")).ts
    question = direct.prompts[thread][0]["message"]
    await amara.dm(question, thread=thread)
    await company.settle()
    assert direct.titles[thread] == question
    assert [call.args["status"] for call in company.slack.calls_of("assistant.threads.setStatus")] == [
        "is looking for an answer…"
    ]
    assert thread not in direct.statuses  # the answer took it away
    answer = amara.last(direct)
    assert answer.thread == thread
    assert "That helped" in answer.buttons
    await amara.dm("And how long does that take?", thread=thread)
    await company.settle()
    assert direct.titles[thread] == question


async def test_in_an_agents_app_the_messages_tab_is_where_a_conversation_begins(company: Company) -> None:
    company.slack.app.agent = True
    await company("amara").opens_home("messages")
    assert 1 <= len(company("amara").direct().prompts[""]) <= 4


async def test_where_slack_grants_no_pane_nothing_fails(company: Company) -> None:
    company.slack.app.agent = False
    assert (await company("amara").opens_home("messages")).accepted
    company.slack.faults.add("assistant.threads.setStatus", Fault(wrong=Wrong.ERROR, error="missing_scope"))
    thread = (await company("amara").opens_assistant()).ts
    await company("amara").dm("How much may I refund without approval?", thread=thread)
    assert "150 EUR" in (await company.find("amara", "150 EUR")).text


# ── shortcuts ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_message_is_asked_about_privately_also_where_lanyard_is_no_member(company: Company) -> None:
    company.slack.add_channel("lunch", "amara", "tomasz", bot=False)
    deed = await company("tomasz").says("lunch", "How much may I refund without approval?")
    await company("amara").message_shortcut("ask_about", deed.ts)
    answer = await company.find("amara", "150 EUR")
    assert answer.only_for_me
    assert answer.conversation == company.slack.world.channel("lunch").id
    assert not [seen for seen in company("tomasz").reads() if "150 EUR" in seen.text]


async def test_a_message_becomes_a_job_aid(company: Company) -> None:
    deed = await company("amara").says("support-desk", "Hi all, the label printer jams when the roll is in backwards.")
    await company("priya").message_shortcut("save_as_aid", deed.ts)
    form = company("priya").reads_view()
    assert "The label printer jams when the roll is in backwards." in form.text
    await company("priya").submit({"title": "Label printer jams: turn the roll round"})
    assert "Published as job aid" in company("priya").reads_view().text
    await company("amara").dm("The label printer jams, the roll is in backwards?")
    answer = await company.find("amara", "looked after by Priya Santos")
    assert any(deed.ts.replace(".", "") in link for link in answer.links)


async def test_the_global_shortcuts_open_their_forms(company: Company) -> None:
    await company("leila").dm("Hello")  # whom the platform has never shown cannot be written to on it
    await company("amara").shortcut("ask")
    await company("amara").submit({"question": "How much may I refund without approval?"})
    assert "150 EUR" in (await company.find("amara", "150 EUR")).text
    await company("amara").shortcut("new_aid")
    await company("amara").submit({"title": "Kettle", "body": "1. Fill it.\n2. Switch it on."})
    assert "L&D looks at it" in company("amara").reads_view().text
    assert "suggests a job aid" in (await company.find("leila", "suggests a job aid")).text


# ── replies, changes, deletions ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_expert_answers_in_the_cards_thread_and_corrects_it_there(company: Company) -> None:
    await ask_expert(company)
    request = await company.find("henrik", "Why you: you")
    reply = await company("henrik").dm("It is the slider: take LK-40718.", thread=request.id)
    answer = await company.find("amara", "LK-40718")
    assert "Henrik Adeyemi, asked for you" in answer.text
    assert reply.message is not None
    assert list(reply.message.reactions) == ["white_check_mark"]
    await company.slack.again(reply)
    await company.settle()
    assert len([seen for seen in company("amara").reads() if "LK-40718" in seen.text]) == 1
    await company("henrik").edits(reply.ts, "It is the slider: take LK-50000.")
    assert "corrected since" in (await company.find("amara", "LK-50000")).text


async def test_a_question_that_is_deleted_before_its_answer_is_withdrawn(company: Company) -> None:
    asked = await ask_expert(company)
    await company("amara").deletes(asked)
    assert "Nothing is left to do" in (await company.find("henrik", "Nothing is left to do")).text


async def test_the_experts_card_leads_to_the_thread(company: Company) -> None:
    asked = await ask_expert(company)
    request = await company.find("henrik", "Why you: you")
    assert any(link.endswith(f"p{asked.replace('.', '')}") for link in request.links)


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_form_that_comes_too_late_is_a_word_in_the_direct_conversation() -> None:
    async def dawdle(_inbound: Inbound) -> Outcome:
        await slow.slack.clock.advance(4)
        return FORM

    async with open_company(dawdle) as slow:
        await slow.slack.user("alice").shortcut("ask")
        assert slow.slack.user("alice").modal() is None
        assert "took too long" in slow.slack.user("alice").last().text


class Composer:
    """Composes a Home of its own each time it is asked for one."""

    def __init__(self) -> None:
        self.composed = 0
        self.meanwhile: Callable[[], None] = lambda: None

    async def __call__(self, inbound: Inbound) -> Outcome:
        if isinstance(inbound, Begun):
            return Prompts(lead="Begin", prompts=("x" * 200,))
        assert isinstance(inbound, Opened)
        self.composed += 1
        self.meanwhile()
        return Home(card=Card(summary="Home", parts=(Text(text=f"Number {self.composed}"),)))


async def test_a_home_that_somebody_published_meanwhile_is_composed_anew() -> None:
    composer = Composer()
    async with open_company(composer) as company:
        alice = company.slack.user("alice")
        await alice.opens_home()

        def publish_elsewhere() -> None:
            home = alice.home()
            assert home is not None
            company.slack.world.change(home, home.given)
            composer.meanwhile = lambda: None

        composer.meanwhile = publish_elsewhere
        await alice.opens_home()
        assert "Number 3" in alice.reads_view().text
        errors = [call.error for call in company.slack.calls_of("views.publish")]
        assert errors == [None, "hash_conflict", None]


@pytest.mark.parametrize("fault", [Fault(wrong=Wrong.TOO_MANY), Fault(wrong=Wrong.REFUSED), Fault(wrong=Wrong.DROPPED)])
async def test_a_home_that_slack_does_not_take_is_acknowledged_all_the_same(fault: Fault) -> None:
    async with open_company(Composer()) as company:
        company.slack.faults.add("views.publish", fault)
        assert (await company.slack.user("alice").opens_home()).accepted
        assert company.slack.user("alice").home() is None
        assert (await company.slack.user("alice").opens_home()).accepted
        assert company.slack.user("alice").home() is not None


async def test_a_prompt_is_cut_to_what_a_title_may_have_and_asked_in_full() -> None:
    async with open_company(Composer()) as company:
        await company.slack.user("alice").opens_home("messages")
        (prompt,) = company.slack.user("alice").direct().prompts[""]
        assert prompt["message"] == "x" * 200
        assert prompt["title"] == "x" * 74 + "…"


async def test_the_home_of_somebody_unknown_to_slack_is_not_shown_and_not_asked_for_again() -> None:
    async with open_company(Composer()) as company:
        event = {"type": "app_home_opened", "user": "U0NOBODY", "channel": "D0NOWHERE", "tab": "home"}
        (delivery,) = await company.slack.sends_event(event | {"event_ts": "1.000100"})
        assert delivery.accepted


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_home_opened", "tab": "home"},
        {"type": "app_home_opened", "user": ["U1"], "tab": "home"},
        {"type": "assistant_thread_started", "assistant_thread": {"user_id": "U1"}},
        {"type": "assistant_thread_started"},
        {"type": "message", "subtype": "message_changed", "channel": "C1"},
    ],
)
async def test_a_malformed_event_is_refused_and_does_nothing(event: dict[str, object]) -> None:
    composer = Composer()
    async with open_company(composer) as company:
        sent = company.slack.mail.send(
            "events_api", {"type": "event_callback", "team_id": company.tenant, "event": event}
        )
        await sent.tried.wait()
        assert sent.status == 400
        assert composer.composed == 0
