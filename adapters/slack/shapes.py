"""The shapes of what Slack sends, as far as they are read. What else stands in a payload is passed over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from adapters.intake import cut_name
from adapters.slack.model import Malformed

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
NoId = Annotated[Id | None, BeforeValidator(lambda given: given or None)]
"""An id that may be missing, which Slack writes as nothing, null, or an empty text."""
Ts = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,11}\.[0-9]{1,9}$")]

FILE_ID = re.compile(r"F[A-Z0-9]{1,40}")
MOST_FILES = 10
"""Of the files that come with a message."""
GONE = ("tombstone", "hidden_by_limit")
"""Of a file: deleted, or older than the workspace's plan shows."""
UNNAMED = "a file"


class _Sent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


# ── Events ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Authorization(_Sent):
    team_id: Id | None = None
    user_id: Id | None = None
    enterprise_id: NoId = None
    is_bot: bool = False
    is_enterprise_install: bool | None = False


class Envelope(_Sent):
    type: str
    team_id: Id | None = None
    enterprise_id: NoId = None
    context_team_id: NoId = None
    event: dict[str, Any] | None = None
    authorizations: list[Authorization] = []
    is_ext_shared_channel: bool | None = False
    challenge: str | None = None
    minute_rate_limited: int | None = None

    @property
    def tenant(self) -> str | None:
        """The workspace that Lanyard is installed in; in a shared channel an event may come from another one."""
        granted = next((one.team_id for one in self.authorizations if one.team_id), None)
        if granted is None and self.organisation is not None:
            # The installation is in all of them. In a channel shared with another company, `team_id` may be theirs.
            granted = self.context_team_id
            if granted is None and self.is_ext_shared_channel:
                return None
        return granted or self.team_id

    @property
    def organisation(self) -> str | None:
        """Set where Lanyard is installed in a whole organisation, and hears of this by that installation."""
        if not self.authorizations and self.team_id is None:
            return self.enterprise_id
        return next((one.enterprise_id for one in self.authorizations if one.is_enterprise_install), None)

    @property
    def bot(self) -> str | None:
        return next((one.user_id for one in self.authorizations if one.is_bot), None)


class Message(_Sent):
    """A `message` or `app_mention` event."""

    type: Literal["message", "app_mention"]
    subtype: str | None = None
    channel: Id
    channel_type: str | None = None
    user: Id | None = None
    text: str | None = None
    ts: Ts
    thread_ts: Ts | None = None
    bot_id: str | None = None
    hidden: bool | None = False
    edited: dict[str, Any] | None = None
    team: Id | None = None
    user_team: Id | None = None
    source_team: Id | None = None
    files: Any = None

    @property
    def attached(self) -> tuple[str, ...]:
        """The names of the files that came with it."""
        return tuple(name_of(one) for one in self._files())

    @property
    def fetchable(self) -> tuple[tuple[str, str], ...]:
        """Name and id of those that can be asked for."""
        named = ((name_of(one), one.get("id")) for one in self._files())
        return tuple((name, id_) for name, id_ in named if isinstance(id_, str) and FILE_ID.fullmatch(id_))

    def _files(self) -> list[dict[str, Any]]:
        files = self.files if isinstance(self.files, list) else []
        return [one for one in files if isinstance(one, dict) and one.get("mode") not in GONE][:MOST_FILES]


def name_of(file: Mapping[str, Any]) -> str:
    name = file.get("name")
    # Of another company's file only the id is told.
    return cut_name(name) if isinstance(name, str) and name else UNNAMED


class PersonChanged(_Sent):
    """`user_change`, `team_join`."""

    type: Literal["user_change", "team_join"]
    user: dict[str, Any]
    event_ts: Ts


class Joined(_Sent):
    """`member_joined_channel`."""

    type: Literal["member_joined_channel"]
    user: Id
    channel: Id
    channel_type: str | None = None
    inviter: Id | None = None
    event_ts: Ts


class Link(_Sent):
    url: str = Field(max_length=4000)


class LinkShared(_Sent):
    """In the window in which somebody writes, `channel` is COMPOSER, and `message_ts` no time stamp."""

    type: Literal["link_shared"]
    channel: Id
    user: Id | None = None
    message_ts: str = Field(max_length=64)
    thread_ts: Ts | None = None
    links: list[Link]
    event_ts: Ts


class Former(_Sent):
    """A message as it was, or as it has become."""

    user: Id | None = None
    bot_id: str | None = None
    subtype: str | None = None
    text: str | None = None
    ts: Ts
    thread_ts: Ts | None = None
    edited: dict[str, Any] | None = None


class Amendment(_Sent):
    """A `message_changed` or `message_deleted` event."""

    subtype: Literal["message_changed", "message_deleted"]
    channel: Id
    channel_type: str | None = None
    message: Former | None = None
    previous_message: Former | None = None
    event_ts: Ts


class Thread(_Sent):
    user_id: Id
    channel_id: Id
    thread_ts: Ts


class ThreadStarted(_Sent):
    """Of the context, where somebody was looking meanwhile, nothing is read: it may not change what they may see."""

    assistant_thread: Thread
    event_ts: str = Field(default="", max_length=64)


# ── Interactions ────────────────────────────────────────────────────────────────────────────────────────────────────


class Named(_Sent):
    id: Id
    name: str | None = None
    domain: str | None = None
    team_id: Id | None = None


class Action(_Sent):
    type: str
    action_id: str
    value: str | None = None
    action_ts: str | None = None


class Container(_Sent):
    type: str
    message_ts: Ts | None = None
    channel_id: Id | None = None
    thread_ts: Ts | None = None
    is_ephemeral: bool = False
    view_id: Id | None = None


class Quoted(_Sent):
    """The message that an interaction is about."""

    ts: Ts | None = None
    thread_ts: Ts | None = None
    text: str | None = None
    user: Id | None = None


class Value(_Sent):
    """What one input holds."""

    type: str
    value: str | None = None
    selected_option: dict[str, Any] | None = None
    selected_options: list[dict[str, Any]] | None = None
    selected_conversations: list[Id] | None = None
    selected_date: str | None = None
    selected_time: str | None = None


class State(_Sent):
    values: dict[str, dict[str, Value]] = {}


class ViewBlock(_Sent):
    type: str
    block_id: str = ""


class View(_Sent):
    id: Id
    type: str = "modal"
    hash: str = Field(default="", max_length=200)
    callback_id: str = Field(default="", max_length=255)
    private_metadata: str = Field(default="", max_length=3000)
    blocks: list[ViewBlock] = []
    state: State = State()


class HomeOpened(_Sent):
    """`view` is the Home tab as the person sees it, once one was published."""

    user: Id
    channel: Id | None = None
    tab: str = "home"
    view: View | None = None
    event_ts: str = Field(default="", max_length=64)


class Interaction(_Sent):
    """What a button, a form or a shortcut sends."""

    type: Literal["block_actions", "view_submission", "shortcut", "message_action"]
    user: Named
    team: Named | None = None
    enterprise: Named | None = None
    is_enterprise_install: bool | None = False
    channel: Named | None = None
    container: Container | None = None
    message: Quoted | None = None
    message_ts: Ts | None = None
    actions: list[Action] = []
    view: View | None = None
    callback_id: str | None = Field(default=None, max_length=255)
    trigger_id: str = ""
    response_url: str | None = None
    action_ts: str | None = None

    @property
    def organisation(self) -> str | None:
        """As with an event."""
        return self.enterprise.id if self.enterprise and self.is_enterprise_install else None

    @property
    def tenant(self) -> str:
        """Raises Malformed."""
        tenant = (self.team.id if self.team else None) or self.user.team_id
        if tenant is None:
            raise Malformed("The interaction names no workspace.")
        return tenant


class Command(_Sent):
    command: Annotated[str, StringConstraints(pattern=r"^/[^\s/]{1,32}$")]
    text: str = ""
    team_id: Id
    enterprise_id: NoId = None
    is_enterprise_install: bool | None = False
    user_id: Id
    channel_id: Id
    channel_name: str = ""
    trigger_id: str = Field(min_length=1, max_length=200)
    response_url: str | None = None

    @property
    def organisation(self) -> str | None:
        """As with an event."""
        return self.enterprise_id if self.is_enterprise_install else None

    @property
    def tenant(self) -> str:
        return self.team_id


# ── Answers of Slack's own API ──────────────────────────────────────────────────────────────────────────────────────


class Access(_Sent):
    """What `oauth.v2.access` gives."""

    access_token: str = Field(repr=False, min_length=1)
    refresh_token: str | None = Field(default=None, repr=False)
    expires_in: int | None = Field(default=None, ge=0, le=10**9)
    app_id: Id | None = None
    bot_user_id: Id | None = None
    team: Named | None = None
    enterprise: Named | None = None
    is_enterprise_install: bool | None = False
    authed_user: Named | None = None


class Profile(_Sent):
    display_name: str | None = None
    real_name: str | None = None
    email: str | None = None
    status_text: str | None = None
    status_emoji: str | None = None
    status_expiration: int | float | None = None


class Person(_Sent):
    """A person as `users.info` and `users.list` tell of them."""

    id: Id
    team_id: str | None = None
    name: str | None = None
    real_name: str | None = None
    deleted: bool | None = False
    tz: str | None = None
    is_bot: bool | None = False
    is_stranger: bool | None = False
    is_restricted: bool | None = False
    is_ultra_restricted: bool | None = False
    enterprise_user: dict[str, Any] | None = None
    profile: Profile = Profile()


Shape = TypeVar("Shape", bound=_Sent)


def parse(shape: type[Shape], given: bytes | str | Mapping[str, Any]) -> Shape:
    """JSON, or what was read from it, as `shape`. Raises Malformed, naming the first field that is wrong."""
    try:
        if isinstance(given, bytes | str):
            return shape.model_validate_json(given)
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    # The names of fields may come from outside too; the kind of fault is pydantic's own word.
    raise Malformed(f"{shape.__name__}.{where[:60]!a}: {first['type']}.") from None
