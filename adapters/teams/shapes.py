"""The shapes of what Teams sends, as far as they are read. What else stands in an activity is passed over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from adapters.intake import LONGEST_NAME, cut_name
from adapters.teams.model import Malformed

Id = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,1000}$")]
"""Teams's ids are opaque; they are printable ASCII, without spaces."""
Word = Annotated[str, StringConstraints(max_length=200)]

FILE = "application/vnd.microsoft.teams.file.download.info"
MOST_FILES = 10
"""Of the files that come with a message."""
LONGEST_URL = 4000


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


Moment = Annotated[datetime, AfterValidator(_aware)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True)


class Account(_Sent):
    id: Id
    name: str | None = None
    aad_object_id: str | None = None


class ConversationAccount(_Sent):
    id: Id
    conversation_type: Word | None = None
    tenant_id: Word | None = None
    name: str | None = None


class Named(_Sent):
    id: Id | None = None
    name: str | None = None
    type: Word | None = None
    aad_group_id: Word | None = None


class ChannelData(_Sent):
    tenant: Named | None = None
    team: Named | None = None
    channel: Named | None = None
    event_type: Word | None = None


class Mentioned(_Sent):
    id: Id | None = None
    name: str | None = None


class Entity(_Sent):
    type: Word = ""
    text: str | None = None
    mentioned: Mentioned | None = None
    timezone: Word | None = None


class Attachment(_Sent):
    content_type: str | None = None
    content: Any = None
    name: Any = None

    @property
    def file(self) -> str | None:
        """The name of a file, or of a picture that was pasted; None of the message's own words, and of cards."""
        kind = self.content_type or ""
        if kind == FILE:
            return cut_name(self.name) if isinstance(self.name, str) and self.name else "a file"
        return "a picture" if kind.startswith("image/") else None

    @property
    def download(self) -> tuple[str, str] | None:
        """Of a file that can be fetched: what names it, and its address."""
        given = self.content if self.content_type == FILE and isinstance(self.content, dict) else {}
        url, id_ = given.get("downloadUrl"), given.get("uniqueId")
        if not isinstance(url, str) or not 0 < len(url) <= LONGEST_URL:
            return None
        return (id_ if isinstance(id_, str) and 0 < len(id_) <= LONGEST_NAME else url), url


class Activity(_Sent):
    type: Word
    id: Id | None = None
    timestamp: Moment | None = None
    local_timezone: Word | None = None
    channel_id: Word | None = None
    service_url: Id
    sender: Account | None = Field(default=None, alias="from")
    recipient: Account | None = None
    conversation: ConversationAccount
    channel_data: ChannelData | None = None
    text: str | None = None
    text_format: Word | None = None
    entities: tuple[Entity, ...] | None = None
    attachments: tuple[Attachment, ...] | None = None
    value: Any = None
    name: Word | None = None
    reply_to_id: Id | None = None
    action: Word | None = None
    members_added: tuple[Account, ...] | None = None
    members_removed: tuple[Account, ...] | None = None

    @property
    def tenant(self) -> str | None:
        """The company. The SDK's own member for it, on the conversation, is not always filled; this one is."""
        data = self.channel_data
        told = data.tenant.id if data is not None and data.tenant is not None else None
        return told or self.conversation.tenant_id

    def in_company(self, tenant: str) -> Activity:
        return self.model_copy(update={"conversation": self.conversation.model_copy(update={"tenant_id": tenant})})


class Action(_Sent):
    type: Word = ""
    verb: str | None = None
    data: Any = None


class CardPress(_Sent):
    """The value of `adaptiveCard/action`."""

    action: Action
    trigger: Word | None = None


class TaskRequest(_Sent):
    """The value of `task/fetch` and `task/submit`."""

    data: Any = None


class Parameter(_Sent):
    name: Word = ""
    value: Any = None


class QueryOptions(_Sent):
    skip: int = Field(default=0, ge=0, le=10_000)
    count: int = Field(default=25, ge=0, le=1000)


class Query(_Sent):
    """The value of `composeExtension/query`."""

    command_id: Word = ""
    parameters: tuple[Parameter, ...] = ()
    query_options: QueryOptions = QueryOptions()


class Pasted(_Sent):
    """The value of `composeExtension/queryLink`."""

    url: str = Field(max_length=4000)


class Body(_Sent):
    content_type: Word | None = None
    content: str | None = None


class MessagePayload(_Sent):
    """The message that a command of the extension is used on."""

    id: Id
    reply_to_id: Id | None = None
    link_to_message: str | None = Field(default=None, max_length=2000)
    body: Body = Body()


class ExtensionAction(_Sent):
    """The value of `composeExtension/fetchTask` and `composeExtension/submitAction`."""

    command_id: Word = ""
    message_payload: MessagePayload | None = None
    data: Any = None


# ── Answers of the connector ────────────────────────────────────────────────────────────────────────────────────────


class Member(_Sent):
    """A person as the connector tells of them."""

    id: Id
    name: str | None = None
    email: str | None = None
    user_principal_name: str | None = None
    aad_object_id: str | None = None
    object_id: str | None = None
    tenant_id: str | None = None
    user_role: str | None = None


class MembersPage(_Sent):
    members: tuple[Member, ...] = ()
    continuation_token: str | None = None


class ChannelList(_Sent):
    conversations: tuple[Named, ...] = ()


Shape = TypeVar("Shape", bound=_Sent)


def parse(shape: type[Shape], given: bytes | str | Mapping[str, Any] | Any) -> Shape:
    """JSON, or what was read from it, as `shape`. Raises Malformed, naming the first field that is wrong."""
    try:
        if isinstance(given, bytes | str):
            return shape.model_validate_json(given)
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    except RecursionError:
        raise Malformed(f"{shape.__name__}: nested too deeply.") from None
    where = ".".join(str(step) for step in first["loc"])
    # The names of fields may come from outside too; the kind of fault is pydantic's own word.
    raise Malformed(f"{shape.__name__}.{where[:60]!a}: {first['type']}.") from None
