"""Settings of a hotline, read once from the environment; an invalid one is reported in one line with its remedy."""

import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from callcenter.errors import SettingError

_MENDS = {
    "CALLCENTER_PBX": "write NAME=ami://USER:SECRET@HOST:PORT, several with commas between, special signs as %XX",
    "CALLCENTER_CONSOLE_BIND": "write HOST:PORT, for example 127.0.0.1:8022",
    "CALLCENTER_PUBLIC_BIND": "write HOST:PORT, for example 127.0.0.1:8023",
    "CALLCENTER_WORKERS": "write how many processes each of the two sites has, 1 to 16",
    "CALLCENTER_QUEUE_LOG": "write NAME=PATH",
    "CALLCENTER_RECORDINGS": "write NAME=PATH",
    "CALLCENTER_CEL": "write NAME=URL",
    "CALLCENTER_PHONE": "write PJSIP/{extension}, or Local/{extension}@from-queue/n,hint:{extension}@ext-local",
    "CALLCENTER_SMS": "write http(s)://USER:SECRET@HOST/PATH, or command:/PATH/TO/PROGRAM",
    "CALLCENTER_MAP_TILES": "write https://HOST/…/{z}/{x}/{y}.png",
}


_PHONE = r"[A-Za-z0-9]+[/:][A-Za-z0-9_@./-]*\{extension\}[A-Za-z0-9_@./-]*"


class Pbx(BaseModel):
    """One Asterisk to listen to. `str()` of it hides the secret."""

    model_config = ConfigDict(frozen=True)

    name: str
    host: str
    port: int
    user: str
    secret: str = Field(repr=False)

    def __str__(self) -> str:
        return f"{self.name} (ami://{self.user}@{self.host}:{self.port})"


class Settings(BaseSettings):
    """Every `CALLCENTER_…` variable of the contract; all optional."""

    model_config = SettingsConfigDict(env_prefix="CALLCENTER_", frozen=True, extra="ignore")

    data_dir: Path = Path(__file__).resolve().parents[1] / "var"
    database_url: str | None = None
    redis_url: str | None = None
    secret_key: str | None = Field(default=None, repr=False)
    console_bind: str = "127.0.0.1:8022"
    public_bind: str = "127.0.0.1:8023"
    workers: int = Field(default=1, ge=1, le=16)
    pbx: Annotated[tuple[Pbx, ...], NoDecode] = ()
    hotline_numbers: Annotated[tuple[str, ...], NoDecode] = ("1022",)
    inbound_contexts: Annotated[tuple[str, ...], NoDecode] = ("from-trunk",)
    queue_log: Annotated[dict[str, str], NoDecode] = {}
    cel: Annotated[dict[str, str], NoDecode] = {}
    recordings: Annotated[dict[str, str], NoDecode] = {}
    phone: Annotated[tuple[str, ...], NoDecode] = ("PJSIP/{extension}",)
    call_abroad: bool = False
    call_premium: bool = False
    sms: str | None = Field(default=None, repr=False)
    province: str = "82"
    map_tiles: str | None = None
    map_credit: str = ""
    short_abandon_s: float = Field(default=5, ge=0)
    service_level_s: float = Field(default=20, ge=0)

    @classmethod
    def from_env(cls) -> "Settings":
        """Read the environment; raises SettingError for the first variable that cannot be used."""
        try:
            return cls()
        except ValidationError as error:
            first = error.errors()[0]
            name = "CALLCENTER_" + "_".join(str(part) for part in first["loc"][:1]).upper()
            mend = _MENDS.get(name, "see the table of settings in README.md")
            # Never the value itself: it may hold a secret.
            raise SettingError(name, str(first["msg"]).removeprefix("Value error, "), mend) from None

    @field_validator("data_dir", mode="after")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("pbx", mode="before")
    @classmethod
    def _parse_pbx(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(_parse_pbx(part) for part in _parts(value))

    @field_validator("hotline_numbers", "inbound_contexts", "phone", mode="before")
    @classmethod
    def _parse_words(cls, value: Any) -> Any:
        return tuple(_parts(value)) if isinstance(value, str) else value

    @field_validator("queue_log", "cel", "recordings", mode="before")
    @classmethod
    def _parse_named(cls, value: Any) -> Any:
        return dict(_named(part) for part in _parts(value)) if isinstance(value, str) else value

    @field_validator("queue_log", "cel", mode="after")
    @classmethod
    def _one_each(cls, value: dict[str, str]) -> dict[str, str]:
        """In a log of two PBXs nothing says whose call it is: each would be there twice."""
        if len(set(value.values())) < len(value):
            raise ValueError("two PBXs have the same log")
        return value

    @field_validator("phone", mode="after")
    @classmethod
    def _check_phone(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """What is dialled, and what is watched where that is something else."""
        if not 1 <= len(value) <= 2 or not all(re.fullmatch(_PHONE, part) for part in value):
            raise ValueError("is not how a telephone is called")
        return value

    @field_validator("sms", mode="after")
    @classmethod
    def _check_sms(cls, value: str | None) -> str | None:
        if not value:
            return None
        if value.startswith("command:"):
            if not Path(value.removeprefix("command:")).is_absolute():
                raise ValueError("the program needs its whole path")
            return value
        try:
            split = urlsplit(value)
            usable = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("is no gateway for text messages")
        return value

    @field_validator("map_tiles", mode="after")
    @classmethod
    def _check_tiles(cls, value: str | None) -> str | None:
        if not value:
            return None
        split = urlsplit(value)
        whole = all(part in value for part in ("{z}", "{x}", "{y}"))
        # The host goes into a header: nothing but a host may stand there.
        if split.scheme not in ("http", "https") or not re.fullmatch(r"[A-Za-z0-9.:-]+", split.netloc) or not whole:
            raise ValueError("is not the address of map tiles")
        return value

    @field_validator("console_bind", "public_bind", mode="after")
    @classmethod
    def _check_bind(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError(f"{value!r} is not HOST:PORT")
        return value


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _named(part: str) -> tuple[str, str]:
    name, equals, rest = part.partition("=")
    if not equals or not name or not rest:
        raise ValueError("a NAME= is missing")
    return name.strip(), rest.strip()


def _parse_pbx(part: str) -> Pbx:
    name, url = _named(part)
    try:
        split = urlsplit(url)
        port = split.port or 5038
    except ValueError:
        raise ValueError(f"the address of {name} cannot be read") from None
    if split.scheme != "ami" or not split.hostname or not split.username:
        raise ValueError(f"the address of {name} is not ami://USER:SECRET@HOST:PORT")
    return Pbx(
        name=name,
        host=split.hostname,
        port=port,
        user=unquote(split.username),
        secret=unquote(split.password or ""),
    )
