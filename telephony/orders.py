"""PBX commands as AMI actions; a value of the wrong form never becomes one."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callcenter import commands
from callcenter.vocab import CommandVerb
from telephony.events import extension_of

Action = dict[str, str]

_QUEUE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_REASON = re.compile(r"[a-z0-9-]{1,40}")
# Dialled by the PBX: digits, and no short number but those for emergencies.
_NUMBER = re.compile(r"(0[0-9]{8,15}|1[89]00[0-9]{4,6}|11[1-5])")
_CALL = re.compile(r"[0-9]{1,15}")
# An extension, an emergency number or a number outside.
_TARGET = re.compile(r"[0-9]{2,16}")
_CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@:;/-]{1,100}")
_CONTEXT = re.compile(r"[A-Za-z0-9_-]{1,80}")
_KEYS = re.compile(r"[0-9*#]{1,4}")
# The lists of hotline.conf, and a number as they keep it.
_FAMILY = re.compile(r"hotline-(block|low)")
_KEY = re.compile(r"\+?[0-9]{3,20}")
# The context of hotline.conf for a call that the console asks for.
CALL_OUT = "hotline-callout"
# How long the operator's own telephone rings.
_RING_S = 25
_KEY_S, _AFTER_KEYS_S = 0.15, 0.6
# The verbs about a call: they need the telephone's own channel in it.
OF_A_CALL = frozenset({CommandVerb.TRANSFER, CommandVerb.CONSULT, CommandVerb.JOIN, CommandVerb.BACK})
# The AMI action behind each verb. The first two are known to the simulated PBX alone: on a real one a telephone is
# answered and hung up where it stands, and the console shows no button for it.
ACTIONS: Mapping[CommandVerb, str] = {
    CommandVerb.ANSWER: "SimulatedAnswer",
    CommandVerb.HANG_UP: "SimulatedHangup",
    CommandVerb.SIGN_IN: "QueueAdd",
    CommandVerb.SIGN_OUT: "QueueRemove",
    CommandVerb.PAUSE: "QueuePause",
    CommandVerb.RESUME: "QueuePause",
    CommandVerb.CALL: "Originate",
    CommandVerb.TRANSFER: "BlindTransfer",
    CommandVerb.CONSULT: "PlayDTMF",
    CommandVerb.JOIN: "Hangup",
    CommandVerb.BACK: "CancelAtxfer",
    CommandVerb.LIST: "DBPut",
    CommandVerb.UNLIST: "DBDel",
}


@dataclass(frozen=True)
class QueueMembership:
    """A telephone as a member of a queue. A fixed one (not `dynamic`) is of the PBX's configuration, and stays."""

    queue: str
    interface: str
    dynamic: bool = True


@dataclass(frozen=True)
class Order:
    """A command, and what is known of the PBX when it is sent: its `queues`, the `places` of this telephone in them.

    `phone` is how a telephone is called there, and how it is watched where that is something else. `channel` is the
    telephone's end of the call that the command is about ('' where it has none), `context` where transfers are dialled,
    `keys` what starts a consultation.
    """

    verb: CommandVerb
    extension: str
    arguments: Mapping[str, str]
    queues: Sequence[str] = ()
    places: Sequence[QueueMembership] = ()
    phone: Sequence[str] = field(default=("PJSIP/{extension}",))
    channel: str = ""
    context: str = "from-agents"
    keys: str = "*2"

    @property
    def interface(self) -> str:
        return self.phone[0].format(extension=self.extension)

    @property
    def watched(self) -> str:
        return self.phone[-1].format(extension=self.extension)


class NothingToDo(ValueError):
    """The PBX would not change by it."""


def known(actions: Collection[str]) -> list[CommandVerb]:
    """The verbs behind these AMI actions (`LinkState.actions`)."""
    return [verb for verb, action in ACTIONS.items() if action.lower() in actions]


def lacking(actions: Collection[str]) -> list[str]:
    """What the console could ask of a real PBX and this user may not send, as AMI names it."""
    real = dict.fromkeys(action for action in ACTIONS.values() if not action.startswith("Simulated"))
    return [action for action in real if action.lower() not in actions]


def actions_for(order: Order) -> list[Action]:
    """In order, as they go over the wire, a value a line. Raises ValueError for a value of any other form."""
    commands.check(order.extension, order.arguments)
    actions = _BUILDERS[order.verb](order)
    if not actions:
        raise NothingToDo("not a member of any queue that it could leave or enter")
    return [{"Action": ACTIONS[order.verb], **action} for action in actions]


def _simulated(order: Order) -> list[Action]:
    given = {name.capitalize(): value for name, value in order.arguments.items()}
    return [{**given, "Extension": order.extension}]


def _listed(order: Order) -> list[Action]:
    """An entry of the PBX's own database, which the dialplan reads; no telephone's affair."""
    family = _form(_FAMILY, "family", order.arguments.get("family", ""))
    given = {"Family": family, "Key": _form(_KEY, "key", order.arguments.get("key", ""))}
    return [{**given, "Val": "1"} if order.verb == CommandVerb.LIST else given]


def _sign_in(order: Order) -> list[Action]:
    """Named by its extension, in queue_log too: people change their desks, and whose it was is known by time."""
    here = {place.queue for place in order.places}
    wanted = [name for name in _queues(order) if name not in here]
    own = {"Interface": order.interface, "MemberName": order.extension, "StateInterface": order.watched}
    return [{"Queue": name, **own, "Penalty": "0", "Paused": "false"} for name in wanted]


def _sign_out(order: Order) -> list[Action]:
    wanted = _queues(order)
    leaving = [place for place in order.places if place.dynamic and place.queue in wanted]
    return [{"Queue": place.queue, "Interface": place.interface} for place in leaving]


def _pause(order: Order) -> list[Action]:
    reason = _form(_REASON, "reason", order.arguments.get("reason", ""))
    return [{"Interface": interface, "Paused": "true", "Reason": reason} for interface in _interfaces(order)]


def _resume(order: Order) -> list[Action]:
    return [{"Interface": interface, "Paused": "false"} for interface in _interfaces(order)]


def _call(order: Order) -> list[Action]:
    """The operator's own telephone rings, showing the citizen's number; picked up, our dialplan calls the citizen."""
    number = _form(_NUMBER, "number", order.arguments.get("number", ""))
    call = _form(_CALL, "call", order.arguments.get("call", ""))
    return [
        {
            "Channel": order.interface,
            "Context": CALL_OUT,
            "Exten": number,
            "Priority": "1",
            "CallerID": f"<{number}>",
            "Timeout": str(_RING_S * 1000),
            "Async": "true",
            "Variable": f"HL_CALLOUT={call}",
            "ActionID": f"{CALL_OUT}/{call}",
        }
    ]


def _transfer(order: Order) -> list[Action]:
    target = _form(_TARGET, "to", order.arguments.get("to", ""))
    return [{"Channel": _end(order), "Context": _form(_CONTEXT, "context", order.context), "Exten": target}]


def _consult(order: Order) -> list[Action]:
    """The keys of an attended transfer, pressed for the telephone one by one: the caller is held, the target rings."""
    keys = _form(_KEYS, "keys", order.keys) + _form(_TARGET, "to", order.arguments.get("to", ""))
    return [{"Channel": _end(order), "Digit": key, "Duration": "100", "Receive": "true"} for key in keys]


def _join(order: Order) -> list[Action]:
    """The operator leaves, and the caller is with the consulted party."""
    return [{"Channel": _end(order), "Cause": "16"}]


def _back(order: Order) -> list[Action]:
    return [{"Channel": _end(order)}]


def _end(order: Order) -> str:
    if not order.channel:
        raise NothingToDo("this telephone is on no such call")
    return _form(_CHANNEL, "channel", order.channel)


def end_of(rows: Iterable[Mapping[str, str]], extension: str, linkedid: str) -> str:
    """The telephone's channel in this call, from the answer to `CoreShowChannels`; '' where there is none."""
    mine = [row for row in rows if row.get("Linkedid") == linkedid and row.get("BridgeId")]
    names = (row.get("Channel", "") for row in mine)
    return next((name for name in names if extension_of(name) == extension and not name.startswith("Local/")), "")


def pause_after(action: Action, before: Sequence[Action], keys: str) -> float:
    """Seconds until the next action: a key takes its time, and behind the first keys the PBX speaks."""
    if action["Action"] != ACTIONS[CommandVerb.CONSULT]:
        return 0.0
    return _AFTER_KEYS_S if len(before) + 1 == len(keys) else _KEY_S


def call_of(action_id: str) -> int | None:
    """The outgoing call that an Originate of ours was for, by the id that comes back with what became of it."""
    prefix, _, number = action_id.partition("/")
    return int(number) if prefix == CALL_OUT and _CALL.fullmatch(number) else None


def _queues(order: Order) -> list[str]:
    """The queue that was named, else all of the PBX."""
    named = order.arguments.get("queue", "")
    return [_form(_QUEUE, "queue", name) for name in ([named] if named else order.queues)]


def _interfaces(order: Order) -> list[str]:
    """Without a queue's name the PBX does it in all queues of this interface."""
    return list(dict.fromkeys(place.interface for place in order.places))


def _form(pattern: re.Pattern[str], name: str, value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"{name} cannot be sent")
    return value


_BUILDERS: Mapping[CommandVerb, Callable[[Order], list[Action]]] = {
    CommandVerb.ANSWER: _simulated,
    CommandVerb.HANG_UP: _simulated,
    CommandVerb.SIGN_IN: _sign_in,
    CommandVerb.SIGN_OUT: _sign_out,
    CommandVerb.PAUSE: _pause,
    CommandVerb.RESUME: _resume,
    CommandVerb.CALL: _call,
    CommandVerb.TRANSFER: _transfer,
    CommandVerb.CONSULT: _consult,
    CommandVerb.JOIN: _join,
    CommandVerb.BACK: _back,
    CommandVerb.LIST: _listed,
    CommandVerb.UNLIST: _listed,
}
