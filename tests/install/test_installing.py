"""Somebody brings Lanyard into their Slack workspace, and whoever tries to do it in their stead does not."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import update

from adapters.slack import Installation, Overtaken, SignIn
from adapters.slack.api import Api
from adapters.slack.installing import Installing
from adapters.slack.oauth import OAuth
from adapters.slack.permissions import bot_scopes
from bot.messages import Sender
from bot.store import installations as installations_of_store
from bot.store.tables import Person
from lanyard.installations import StoredInstallations
from lanyard.seal import Seal
from tests.doubles.slack.api import Asked
from tests.doubles.slack.double import Fault, Wrong
from tests.doubles.slack.installing import install
from tests.install.conftest import KEY, Many

XSS = "<script>alert(1)</script>"


async def test_whoever_installs_lanyard_is_answered_and_looks_after_it(many: Many) -> None:
    team, (amara, bruno) = many.add("Copper Kettle", "amara", "bruno")
    page = await many.install(amara)

    assert "Lanyard is in Copper Kettle" in page.text
    assert page.links == [f"https://slack.com/app_redirect?app={many.slack.app.id}&team={team.id}"]
    assert len(await many.asks(bruno)) == 1
    assert "administrator" in (await many.person(amara)).roles
    assert "administrator" not in (await many.person(bruno)).roles
    assert (await many.person(amara)).name == "Amara"


async def test_the_page_leads_to_slack_and_nowhere_else(many: Many) -> None:
    page = await (await many.browser()).open(many.url + "/slack/install")
    (link,) = page.links
    asked = parse_qs(urlsplit(link).query)

    assert page.status == 200
    assert link.startswith(many.slack.address + "/oauth/v2/authorize?")
    assert asked["client_id"] == [many.slack.app.client_id]
    assert asked["scope"] == [",".join(bot_scopes(pages=True))]
    assert asked["redirect_uri"] == [many.url + "/slack/oauth_redirect"]
    assert len(asked["state"][0]) >= 40
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<script|\ssrc=|@import|url\(|\son\w+=", page.text)


async def test_the_cookie_is_for_this_host_and_not_for_scripts(many: Many) -> None:
    page = await (await many.browser()).open(many.url + "/slack/install")
    cookie = page.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Domain" not in cookie


async def test_a_replica_finishes_what_another_began(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    other = await many.start()
    browser = await many.browser()
    back = (await many.consent(browser, amara)).replace(many.url, other.url)

    assert "Lanyard is in Copper Kettle" in (await browser.open(back)).text
    assert len(await many.asks(amara)) == 1


async def test_of_two_who_install_at_the_same_moment_the_one_whose_token_ended_is_told(many: Many) -> None:
    team, (amara, bruno) = many.add("Copper Kettle", "amara", "bruno")

    def let_bruno_in(call: Asked) -> None:
        if call.method == "oauth.v2.access":
            many.slack.api.told = lambda _call: None
            install(many.slack.world, team, by=bruno)

    many.slack.api.told = let_bruno_in
    browser = await many.browser()
    page = await browser.open(await many.consent(browser, amara))
    assert page.status == 409
    assert "Somebody else was quicker" in page.text
    assert await StoredInstallations(many.store, Seal((KEY,)), now=many.now).all() == []
    await many.install(bruno)
    assert len(await many.asks(bruno)) == 1


async def test_a_sign_in_that_another_has_overtaken_keeps_nothing(many: Many) -> None:
    team, (amara, bruno) = many.add("Copper Kettle", "amara", "bruno")
    await many.install(amara)
    installations = StoredInstallations(many.store, Seal((KEY,)), now=many.now)
    (kept,) = await installations.all()
    late = SignIn(
        installation=Installation(tenant=team.id, token="late"),
        name=team.name,
        app=None,
        organisation=None,
        by=Sender(id=bruno.id, name="Bruno"),
        known_in=team.id,
    )
    with pytest.raises(Overtaken):
        await installations.keep(late, after=kept.version - 1)
    assert await installations.all() == [kept]
    workspace = await many.store.workspace_of("slack", team.id)
    assert workspace is not None
    async with many.store.reading(workspace, now=many.now()) as tx:
        assert await tx.known_person("slack", team.id, bruno.id) is None


async def test_two_replicas_that_are_sent_the_same_sign_in_finish_it_once(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    other = await many.start()
    browser = await many.browser()
    back = await many.consent(browser, amara)
    pages = await asyncio.gather(
        *(browser.open(back.replace(many.url, url)) for url in (many.url, other.url) for _ in range(5))
    )

    assert sorted(page.status for page in pages) == [200] + [403] * 9
    assert exchanged(many) == 1


async def test_two_tabs_of_one_browser_do_not_disturb_each_other(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    browser = await many.browser()
    first, second = await many.consent(browser, amara), await many.consent(browser, amara)

    assert (await browser.open(first)).status == 200
    assert (await browser.open(second)).status == 200


# ── Refused ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def exchanged(many: Many) -> int:
    return len(many.slack.calls_of("oauth.v2.access"))


async def test_a_sign_in_serves_once(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    browser = await many.browser()
    back = await many.consent(browser, amara)
    await browser.open(back)
    again = await browser.open(back)

    assert again.status == 403
    assert "This sign-in is not open" in again.text
    assert again.links == [many.url + "/slack/install"]
    assert exchanged(many) == 1


async def test_a_sign_in_of_another_browser_is_refused_and_stays_open_for_its_own(many: Many) -> None:
    _, (mallory,) = many.add("Evil", "mallory")
    hers, victim = await many.browser(), await many.browser()
    back = await many.consent(hers, mallory)
    await victim.open(many.url + "/slack/install")  # the victim has begun one, too

    assert (await victim.open(back)).status == 403
    assert (await (await many.browser()).open(back)).status == 403
    assert exchanged(many) == 0
    assert (await hers.open(back)).status == 200


async def test_a_sign_in_ends_after_ten_minutes(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    browser = await many.browser()
    back = await many.consent(browser, amara)
    await many.slack.advance(600)

    assert (await browser.open(back)).status == 403
    assert exchanged(many) == 0


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=1",
        "state=1",
        "code=1&state=1",
        "code=1&state=",
        "state[]=1&code=1",
        "state=%00&code=%00",
        "state=%FF%FE&code=%ED%A0%80",
        "state=" + "a" * 4000,
        "code=1&state=" + "A" * 43,
        "error=" + "x" * 1000,
        "error=%3Cscript%3Ealert(1)%3C/script%3E&state=1",
        "error=access_denied&error=x",
    ],
)
async def test_what_is_forged_gets_a_page_and_does_nothing(many: Many, query: str) -> None:
    browser = await many.browser()
    await browser.open(many.url + "/slack/install")
    page = await browser.open(f"{many.url}/slack/oauth_redirect?{query}")

    assert page.status in {400, 403}
    assert "Nothing was changed." in page.text
    assert page.links == [many.url + "/slack/install"]
    assert XSS not in page.text
    assert exchanged(many) == 0


async def test_another_state_with_a_good_code_installs_nothing(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    browser = await many.browser()
    back = await many.consent(browser, amara)

    assert (await browser.open(re.sub(r"state=[^&]*", "state=" + "x" * 43, back))).status == 403
    assert exchanged(many) == 0


async def test_a_code_serves_once_whatever_the_sign_in(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    browser = await many.browser()
    first, second = await many.consent(browser, amara), await many.consent(browser, amara)
    await browser.open(first)
    (code,) = parse_qs(urlsplit(first).query)["code"]
    replayed = await browser.open(re.sub(r"code=[^&]*", f"code={code}", second))

    assert replayed.status == 400
    assert "Slack did not take the code" in replayed.text


async def test_saying_no_is_no_error(many: Many) -> None:
    browser = await many.browser()
    (link,) = (await browser.open(many.url + "/slack/install")).links
    page = await browser.open((await browser.open(link)).headers["Location"])

    assert page.status == 403
    assert "nobody allowed it" in page.text
    assert await many.store.workspaces() == []


async def test_the_address_to_come_back_to_is_not_the_visitors_to_choose(many: Many) -> None:
    browser = await many.browser()
    page = await browser.open(
        many.url + "/slack/install?redirect_uri=https://evil.example&url=//evil.example",
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )

    assert page.status == 200
    assert "evil" not in page.text


async def test_a_look_at_the_head_does_not_use_a_sign_in_up(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    browser = await many.browser()
    back = await many.consent(browser, amara)
    async with browser.session.head(back) as head:
        assert head.status == 405

    assert (await browser.open(back)).status == 200


async def test_a_name_from_slack_is_shown_as_text(many: Many) -> None:
    _, (amara,) = many.add(XSS, "amara")
    page = await many.install(amara)

    assert XSS not in page.text
    assert "&lt;script&gt;" in page.text


async def test_a_wrong_client_secret_is_told_to_the_visitor_and_to_whoever_runs_lanyard(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    many.slack.app.client_secret = "another"
    browser = await many.browser()
    page = await browser.open(await many.consent(browser, amara))

    assert page.status == 400
    assert "Its settings and the app&#39;s page on Slack do not agree" in page.text
    assert "Check SLACK_CLIENT_ID, SLACK_CLIENT_SECRET" in many.written.getvalue()


@pytest.mark.parametrize("fault", [Wrong.TOO_MANY, Wrong.REFUSED, Wrong.DROPPED])
async def test_a_slack_that_is_away_is_no_fault_of_the_visitors(many: Many, fault: Wrong) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    many.slack.faults.add("oauth.v2.access", Fault(wrong=fault))
    browser = await many.browser()
    page = await browser.open(await many.consent(browser, amara))

    assert page.status == 503
    assert "try again" in page.text
    assert (await many.install(amara)).status == 200


async def test_the_installer_is_an_administrator_though_slack_does_not_say_who_they_are(many: Many) -> None:
    _, (amara, bruno) = many.add("Copper Kettle", "amara", "bruno")
    many.slack.faults.add("users.info", Wrong.TOO_MANY)
    await many.install(amara)
    await many.asks(bruno)

    assert "administrator" in (await many.person(amara)).roles
    assert "administrator" not in (await many.person(bruno)).roles


async def test_at_an_address_with_tls_the_cookie_is_for_nobody_else(many: Many) -> None:
    app = many.slack.app
    oauth = OAuth(
        api=Api(url=many.slack.api_url),
        client_id=app.client_id,
        client_secret=app.client_secret,
        url="https://lanyard.example.com",
        now=many.now,
    )
    installations = StoredInstallations(many.store, Seal([KEY]), now=many.now)
    served = web.Application()
    served.add_routes(Installing(oauth, installations, now=many.now).routes())
    async with TestServer(served) as server:
        page = await (await many.browser()).open(server.make_url("/slack/install"))

    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-lanyard-install=")
    assert "Secure" in cookie
    assert "Path=/;" in cookie
    assert app.client_secret not in repr(oauth)


async def test_no_more_sign_ins_are_begun_than_anybody_means_to_finish(
    many: Many, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installations_of_store, "MOST_SIGN_INS", 2)
    browser = await many.browser()
    statuses = [(await browser.open(many.url + "/slack/install")).status for _ in range(3)]
    assert statuses == [200, 200, 503]
    await many.slack.advance(601)

    assert (await browser.open(many.url + "/slack/install")).status == 200


async def test_a_name_that_no_database_takes_is_mended(many: Many) -> None:
    _, (amara,) = many.add("Copper\x00\ud800Kettle\n" + "x" * 500, "amara")
    amara.real_name = "A\x00mara"
    page = await many.install(amara)

    assert "Lanyard is in Copper\ufffdKettlexxx" in page.text
    assert (await many.person(amara)).name == "Amara"


async def test_whoever_installs_it_anew_gains_no_authority_while_somebody_has_it(many: Many) -> None:
    _, (amara, mallory) = many.add("Copper Kettle", "amara", "mallory")
    assert "You are Lanyard&#39;s administrator." in (await many.install(amara)).text
    assert "Whoever was Lanyard&#39;s administrator before still is." in (await many.install(mallory)).text
    assert "administrator" not in (await many.person(mallory)).roles

    async with many.store.database.write() as db:  # amara leaves the company
        await db.execute(update(Person).where(Person.name == "Amara").values(active=False))
    assert "You are Lanyard&#39;s administrator." in (await many.install(mallory)).text
    assert "administrator" in (await many.person(mallory)).roles


# ── Kept ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_company_has_a_workspace_of_its_own(many: Many) -> None:
    one, (amara,) = many.add("Copper Kettle", "amara")
    other, (bo,) = many.add("Blue Lamp", "bo")
    await many.install(amara)
    await many.install(bo)

    assert await many.store.workspace_of("slack", one.id) != await many.store.workspace_of("slack", other.id)
    assert len(await many.asks(amara)) == 1
    assert len(await many.asks(bo)) == 1
    tokens = {one.team.id: one.token for one in many.slack.world.installations if one.team}
    spoken = [call for call in many.slack.calls_of("chat.postMessage") if call.took_effect]
    assert [call.token for call in spoken] == [tokens[one.id], tokens[other.id]]


async def test_two_people_who_install_it_at_once_get_one_workspace_with_one_administrator(many: Many) -> None:
    _, (amara, bruno) = many.add("Copper Kettle", "amara", "bruno")
    other = await many.start()
    hers, his = await many.browser(), await many.browser()
    first, second = await many.consent(hers, amara), await many.consent(his, bruno)
    pages = await asyncio.gather(hers.open(first), his.open(second.replace(many.url, other.url)))

    assert {page.status for page in pages} <= {200, 409}  # whose token had ended by then is told so
    assert len(await many.store.workspaces()) == 1
    assert len(await many.asks(bruno)) == 1
    assert sum("You are Lanyard&#39;s administrator." in page.text for page in pages) == 1


async def test_a_company_is_not_joined_to_the_one_that_is_there(many: Many) -> None:
    await many.store.found_workspace("web", "local", name="Ours", now=many.now())
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)

    assert await many.store.workspace_of("slack", team.id) != await many.store.workspace_of("web", "local")
