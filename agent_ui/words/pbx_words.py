"""Texts of PBX states and findings: the cause, and the remedy."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from callcenter.models import PbxStatus


@dataclass(frozen=True)
class FindingText:
    text: str
    mend: str


def findings(status: PbxStatus) -> Iterator[FindingText]:
    """What has to be mended; a code that this version has no text for is shown as it is."""
    for row in status.findings:
        if row["serious"]:
            text, mend = WORDS.get(row["code"], (row["code"], _DOCTOR))
            yield FindingText(_filled(text, row["values"]), _filled(mend, row["values"]))


def why_not_heard(detail: str) -> str:
    """The reason of a lost connection; what the system itself says of it stays as it is."""
    silent = re.fullmatch(r"silent for (\d+) s", detail)
    if silent is not None:
        return str(_("tổng đài im lặng %(seconds)s giây", seconds=silent[1]))
    return str(REASONS.get(detail, detail))


def _filled(words: LazyString | str, values: Mapping[str, Any]) -> str:
    return str(words) % values if isinstance(words, LazyString) and values else str(words)


REASONS: Mapping[str, LazyString] = {
    "nobody listened": _l("không có trình nghe nào chạy"),
    "the listener was stopped": _l("trình nghe đã dừng"),
    "the listener starts": _l("trình nghe đang khởi động"),
    "not heard yet": _l("chưa nghe thấy lần nào"),
    "closed": _l("kết nối bị đóng"),
    "closed by the PBX": _l("tổng đài đóng kết nối"),
    "no answer in time": _l("tổng đài không trả lời kịp"),
    "Authentication failed": _l("tổng đài từ chối tài khoản"),
}

_DOCTOR = _l("Xem chi tiết bằng lệnh: scripts/manage doctor")

WORDS: Mapping[str, tuple[LazyString, LazyString]] = {
    "no_system": (
        _l("Không báo khi khởi động lại."),
        _l("Thêm system vào dòng read của tài khoản trong manager.conf."),
    ),
    "no_reporting": (
        _l("Không cho xem các cuộc gọi đang có sau khi mất kết nối."),
        _l("Thêm reporting vào dòng write của tài khoản trong manager.conf."),
    ),
    "no_user": (
        _l("Không gửi sự kiện của kịch bản cuộc gọi: cuộc gọi không vào hàng đợi sẽ không thấy."),
        _l("Thêm user vào dòng read, và cho qua UserEvent bắt đầu bằng Hotline trong eventfilter."),
    ),
    "hidden": (
        _l("Chưa bao giờ báo %(event)s dù đã có %(count)s cuộc gọi phải có."),
        _l("Thêm %(read)s vào dòng read, và cho qua %(event)s trong eventfilter của manager.conf."),
    ),
    "no_timestamps": (
        _l("Sự kiện không ghi thời điểm."),
        _l("Đặt timestampevents = yes trong phần general của manager.conf."),
    ),
    "no_variables": (
        _l("Sự kiện không đánh dấu cuộc gọi của tổng đài 1022."),
        _l("Đặt channelvars = HOTLINE trong phần general của manager.conf."),
    ),
    "clock": (
        _l("Đồng hồ lệch %(seconds)s giây so với máy này."),
        _l("Cho cả hai máy theo cùng một máy chủ thời gian."),
    ),
    "no_context": (
        _l("Không có context %(context)s."),
        _l("Sửa CALLCENTER_INBOUND_CONTEXTS, hoặc context của đường trung kế."),
    ),
    "no_number": (
        _l("Số %(number)s không có trong %(context)s."),
        _l("Sửa CALLCENTER_HOTLINE_NUMBERS, hoặc thêm hotline-numbers vào context đó."),
    ),
    "no_queue": (
        _l("Không có hàng đợi %(queue)s."),
        _l("Sửa HOTLINE_QUEUE trong hotline_globals.conf, hoặc tạo hàng đợi."),
    ),
    "deaf": (
        _l("Không báo cuộc gọi bắt đầu: không cuộc gọi nào được ghi nhận."),
        _l("Thêm hotline.conf, hoặc cho qua Newchannel trong eventfilter."),
    ),
    "forged": (
        _l("%(count)s mảnh dữ liệu bị loại vì giả mạo: có người gọi tìm cách giả sự kiện của tổng đài."),
        _l("Cho kịch bản cuộc gọi lọc số gọi đến ở dòng đầu (hotline-numbers trong hotline.conf)."),
    ),
    "witness_unreadable": (
        _l("Không đọc được %(witness)s (%(why)s)."),
        _l("Cấp quyền đọc cho tài khoản chạy dịch vụ, hoặc sửa %(setting)s."),
    ),
}
