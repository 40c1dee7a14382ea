"""The app comes to the double's workspaces by OAuth; and the double runs alone."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import Slack
from tests.doubles.slack.counterpart import refused


async def authorize(slack: Slack, **more: str) -> str:
    query = {
        "client_id": slack.app.client_id,
        "scope": "chat:write,users:read",
        "redirect_uri": "http://127.0.0.1/back",
    }
    async with (
        aiohttp.ClientSession() as session,
        session.get(
            slack.address + "/oauth/v2/authorize", params=query | {"state": "s"} | more, allow_redirects=False
        ) as response,
    ):
        assert response.status == 302, await response.text()
        return response.headers["Location"]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk uses it
async def test_a_workspace_is_installed_by_a_code_that_serves_once(slack: Slack) -> None:
    slack.installer = slack.user("amara")
    location = await authorize(slack)
    given = dict(parse_qsl(urlsplit(location).query))
    client = AsyncWebClient(base_url=slack.api_url)
    secrets = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    redirect = {"redirect_uri": "http://127.0.0.1/back"}

    assert given["state"] == "s"
    wrong = await refused(client.oauth_v2_access(**secrets | {"client_secret": "x"}, code=given["code"], **redirect))
    assert wrong["error"] == "bad_client_secret"
    elsewhere = await refused(client.oauth_v2_access(**secrets, code=given["code"], redirect_uri="http://127.0.0.1/x"))
    assert elsewhere["error"] == "bad_redirect_uri"
    granted = await client.oauth_v2_access(**secrets, code=given["code"], **redirect)
    assert (granted["team"]["id"], granted["scope"]) == ("T1", "chat:write,users:read")
    assert (await AsyncWebClient(granted["access_token"], base_url=slack.api_url).auth_test())["team_id"] == "T1"
    again = await refused(client.oauth_v2_access(**secrets, code=given["code"], **redirect))
    assert again["error"] == "code_already_used"


async def test_nobody_allowing_it_comes_back_as_access_denied(slack: Slack) -> None:
    assert dict(parse_qsl(urlsplit(await authorize(slack)).query)) == {"error": "access_denied", "state": "s"}


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack_sdk uses it
async def test_a_rotated_token_ends_and_is_renewed_by_its_refresh_token(slack: Slack) -> None:
    slack.app.token_rotation = True
    one = slack.install()
    client = AsyncWebClient(base_url=slack.api_url)
    secrets = {"client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    old, refresh = one.token, one.refresh_token or ""
    await slack.advance(43_201)
    ended = await refused(AsyncWebClient(old, base_url=slack.api_url).auth_test())
    renewed = await client.oauth_v2_access(**secrets, grant_type="refresh_token", refresh_token=refresh)
    twice = await refused(client.oauth_v2_access(**secrets, grant_type="refresh_token", refresh_token=refresh))

    assert (ended["error"], twice["error"]) == ("token_expired", "invalid_refresh_token")
    assert renewed["expires_in"] == 43_200
    assert (await AsyncWebClient(renewed["access_token"], base_url=slack.api_url).auth_test())["ok"]
