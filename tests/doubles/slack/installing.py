"""How the app comes into a workspace or an organisation, keeps its token fresh, and goes again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.doubles.slack.methods import Answer, Args, Refused
from tests.doubles.slack.model import Enterprise, Installation, Team, User
from tests.doubles.slack.world import World

CODE_LIFE = 600.0  # seconds
TOKEN_LIFE = 43_200  # seconds, with rotation


def install(
    world: World, where: Team | Enterprise, *, scopes: tuple[str, ...] | None = None, by: User | None = None
) -> Installation:
    """In the workspace, or in the organisation and so in each workspace of it. Again: a new token, the same bot."""
    team = where if isinstance(where, Team) else None
    enterprise = where.enterprise if isinstance(where, Team) else where
    old = next((one for one in world.installations if one.team is team and (team or one.enterprise is where)), None)
    home = team or next(one for one in world.teams.values() if one.enterprise is where)
    bot = old.bot if old else world.add_user(home, "lanyard", real_name=world.app.name, is_bot=True, email=None)
    one = Installation(
        team,
        enterprise,
        bot,
        old.bot_id if old else world.new_id("B"),
        world.new_id("xoxb-"),
        world.app.scopes if scopes is None else scopes,
        by.id if by else "U00000000",
    )
    if world.app.token_rotation:
        _rotate(world, one)
    if old is not None:
        world.installations.remove(old)
    world.installations.append(one)
    for place in world.teams.values():
        if one.covers(place):
            place.users[bot.id] = bot
    return one


def _rotate(world: World, one: Installation) -> None:
    if one.expires_at is not None:
        one.old_tokens[one.token] = one.expires_at
    one.token = world.new_id("xoxe.xoxb-1-")
    one.refresh_token = world.new_id("xoxe-1-")
    one.expires_at = world.clock.now() + TOKEN_LIFE


def authorize(world: World, query: Mapping[str, str], *, by: User) -> str:
    """The person agrees to what the app's authorisation link asks for. Returns a code for `oauth.v2.access`.

    Raises Refused for what Slack's page would refuse.
    """
    if query.get("client_id") != world.app.client_id:
        raise Refused("invalid_client_id")
    redirect = query.get("redirect_uri", "")
    if world.app.redirect_urls is not None and not any(redirect.startswith(url) for url in world.app.redirect_urls):
        raise Refused("bad_redirect_uri")
    scopes = tuple(name for name in query.get("scope", "").replace(" ", ",").split(",") if name)
    if not scopes:
        raise Refused("invalid_scope", messages=["no scope was asked for"])
    unknown = set(scopes) - set(world.app.scopes)
    if unknown:
        raise Refused("invalid_scope", messages=[f"not of this app: {', '.join(sorted(unknown))}"])
    code = world.new_id("code.")
    world.codes[code] = {"by": by, "scopes": scopes, "redirect": redirect, "until": world.clock.now() + CODE_LIFE}
    world.codes[code]["organisation"] = query.get("organisation") == "1"
    return code


def access(world: World, args: Args, *, client_id: str, client_secret: str) -> Answer:
    """oauth.v2.access: a code or a refresh token becomes an access token."""
    if client_id != world.app.client_id:
        raise Refused("invalid_client_id")
    if client_secret != world.app.client_secret:
        raise Refused("bad_client_secret")
    match args.text("grant_type") or "authorization_code":
        case "authorization_code":
            return _exchange(world, args)
        case "refresh_token":
            return _refresh(world, args.need("refresh_token"))
        case _:
            raise Refused("invalid_grant_type")


def _exchange(world: World, args: Args) -> Answer:
    given = world.codes.get(args.text("code") or "")
    if given is None:
        raise Refused("invalid_code")
    if given.get("used"):
        raise Refused("code_already_used")
    if world.clock.now() > given["until"]:
        raise Refused("invalid_code")
    if (args.text("redirect_uri") or "") != given["redirect"]:
        raise Refused("bad_redirect_uri")
    given["used"] = True
    by: User = given["by"]
    where = by.team.enterprise if given["organisation"] and by.team.enterprise else by.team
    return _tell(world, install(world, where, scopes=given["scopes"], by=by))


def _refresh(world: World, token: str) -> Answer:
    one = next((one for one in world.installations if one.refresh_token == token and one.refused is None), None)
    if one is None:
        raise Refused("invalid_refresh_token")
    _rotate(world, one)
    return _tell(world, one)


def _tell(world: World, one: Installation) -> Answer:
    answer: dict[str, Any] = {
        "app_id": world.app.id,
        "authed_user": {"id": one.installed_by},
        "scope": ",".join(one.scopes),
        "token_type": "bot",
        "access_token": one.token,
        "bot_user_id": one.bot.id,
        "team": {"id": one.team.id, "name": one.team.name} if one.team else None,
        "enterprise": {"id": one.enterprise.id, "name": one.enterprise.name} if one.enterprise else None,
        "is_enterprise_install": one.team is None,
    }
    if one.expires_at is not None:
        answer |= {"refresh_token": one.refresh_token, "expires_in": int(one.expires_at - world.clock.now())}
    return answer


def find_caller(world: World, token: str | None) -> Installation:
    """Whose token it is. Raises Refused as Slack does for none, a wrong, an ended or a revoked one."""
    if not token:
        raise Refused("not_authed")
    now = world.clock.now()
    for one in world.installations:
        if token != one.token and token not in one.old_tokens:
            continue
        if one.refused is not None:
            raise Refused(one.refused)
        ends = one.old_tokens.get(token, one.expires_at)
        if ends is not None and now > ends:
            raise Refused("token_expired")
        return one
    raise Refused("invalid_auth")


def revoke(world: World, one: Installation) -> None:
    """The tokens are taken away, by the app itself or by an administrator."""
    one.refused = "token_revoked"
    _farewell(world, one, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [one.bot.id]}})


def uninstall(world: World, one: Installation) -> None:
    one.refused = "account_inactive"
    for team in world.teams.values():
        if one.covers(team):
            for channel in team.channels.values():
                if channel.kind in {"channel", "group"}:
                    channel.members.discard(one.bot.id)
    _farewell(world, one, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [one.bot.id]}})
    _farewell(world, one, {"type": "app_uninstalled"})


def _farewell(world: World, one: Installation, event: dict[str, Any]) -> None:
    where = one.team or next(team for team in world.teams.values() if one.covers(team))
    world.hears(where, event | {"event_ts": world.new_ts()})
