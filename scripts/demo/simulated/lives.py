"""Parameters of the demo's past: how people act on calls and tickets, in probabilities and texts; all made up."""

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

from callcenter.vocab import Disposition, Level
from scripts.demo.reports import REPORTS, DemoReport
from scripts.demo.simulated.callers import LOCAL
from tickets.life.files import StoredFile, store
from tickets.rules.fields import TicketFields
from tickets.rules.policy import Target
from tickets.rules.sla import Calendar, due_at

# Of the answered calls.
FILED = 0.5
ASKS_AGAIN = 0.6
GIVEN_BACK = 0.06
# Of the tickets that an agency took on.
REJECTED = 0.02
ASKED = 0.05
EXTENDED = 0.06
# Of the questions to citizens, and of the answers that wait for a head.
SUPPLIED = 0.85
SENT_BACK = 0.08
# Of the answers.
NOT_FIXED = 0.04
RATED = 0.23
_WITH_WORDS = 0.6
_STARS = {5: 53, 4: 32, 3: 8, 2: 4, 1: 3}
_STARS_WHEN_LATE = {5: 26, 4: 31, 3: 20, 2: 12, 1: 11}
DROPPED = Disposition.DROPPED
ENDINGS = {
    Disposition.INFORMED: 66,
    Disposition.REFERRED: 10,
    Disposition.SILENT: 7,
    Disposition.WRONG_NUMBER: 7,
    Disposition.PRANK: 4,
    Disposition.COMPLAINT_GUIDED: 3,
    Disposition.EMERGENCY_PASSED: 2,
    Disposition.HARASSMENT: 1,
}
# Their heads approve every answer: a path of its own, which not every second report takes.
_NEEDS_APPROVAL_SHARE = 0.5
TAKES_ANYTHING = ("hanh-chinh-cong", "so-xay-dung", "so-y-te", "so-cong-thuong")

CALLED_BACK = (
    "Đã gọi lại, ông/bà hỏi giờ làm việc của bộ phận một cửa, đã hướng dẫn.",
    "Đã gọi lại, ông/bà cho biết việc đã được giải quyết.",
    "Đã gọi lại và ghi nhận, ông/bà sẽ gửi thêm hình ảnh qua cổng thông tin.",
    "Đã gọi lại, hướng dẫn ông/bà liên hệ Ủy ban nhân dân xã.",
)
WHY_ASSIGNED = (
    "Đã liên hệ cơ quan, thống nhất nơi xử lý.",
    "Theo phân công của Ủy ban nhân dân tỉnh.",
    "Nội dung thuộc lĩnh vực của cơ quan này.",
)
WHY_GIVEN_BACK = (
    "Tuyến đường do đơn vị khác quản lý.",
    "Không thuộc thẩm quyền, đề nghị chuyển đúng cơ quan.",
    "Địa điểm phản ánh nằm ngoài địa bàn được giao.",
)
_ANSWERS = {
    "giao-thong": "Đơn vị đã dặm vá, khắc phục điểm hư hỏng và cắm biển cảnh báo. Cảm ơn ông/bà đã phản ánh.",
    "chieu-sang-dien": "Tổ kỹ thuật đã kiểm tra và thay thiết bị hỏng, hệ thống hoạt động lại bình thường.",
    "cap-thoat-nuoc": "Đã cho súc rửa đường ống và nạo vét hố ga tại khu vực, nước đã chảy lại bình thường.",
    "moi-truong": "Đã thu gom toàn bộ rác tồn và nhắc nhở đơn vị vận chuyển bảo đảm đúng lịch.",
    "cay-xanh": "Đã mé nhánh, dọn cành gãy và kiểm tra các cây còn lại trên tuyến.",
    "tthc": "Hồ sơ của ông/bà đã có kết quả, mời ông/bà đến bộ phận một cửa để nhận. Xin lỗi vì sự chậm trễ.",
}
_OTHERWISE = (
    "Cơ quan đã kiểm tra thực tế, làm việc với các bên liên quan và đã xử lý xong. Trân trọng thông tin đến ông/bà.",
    "Nội dung ông/bà phản ánh đã được xác minh và chấn chỉnh. Cảm ơn ông/bà đã phản ánh.",
    "Cơ quan đã cử cán bộ đến tận nơi, hướng dẫn và giải quyết theo quy định.",
)


QUESTIONS = (
    "Xin ông/bà cho biết số nhà hoặc vị trí gần nhất để cán bộ đến đúng chỗ.",
    "Đề nghị ông/bà gửi thêm hình ảnh hiện trạng và số điện thoại liên hệ khi cán bộ đến.",
    "Xin ông/bà cho biết mã hồ sơ trên giấy hẹn trả kết quả.",
)
SUPPLIES = (
    "Nhà tôi ở gần cầu, cạnh quán cà phê, cán bộ tới gọi số này là tôi ra.",
    "Tôi đã xem lại, chỗ đó nằm đối diện trường tiểu học, qua cây xăng chừng hai trăm mét.",
    "Mã hồ sơ ghi trên giấy hẹn tôi có gửi kèm ở bộ phận một cửa hôm thứ hai.",
)
WHY_EXTENDED = (
    "Chờ vật tư thay thế, dự kiến có trong tuần.",
    "Mưa lớn nhiều ngày, chưa thi công được.",
    "Cần phối hợp đo đạc với đơn vị khác.",
)
WHY_REJECTED = (
    "Vụ việc đang được Tòa án thụ lý, đề nghị ông/bà theo dõi kết quả giải quyết của Tòa án.",
    "Đã kiểm tra hai lần, không có hiện trạng như phản ánh; ông/bà có thể gửi lại kèm hình ảnh.",
)
WHY_SENT_BACK = (
    "Nêu rõ ngày hoàn thành và người phụ trách trước khi trả lời người dân.",
    "Trả lời còn chung chung, đề nghị bổ sung kết quả kiểm tra.",
)
WHY_NOT_FIXED = (
    "Hôm qua mưa lại ngập y như cũ, chưa thấy ai sửa.",
    "Mới làm được hai bữa đã hư lại, nhờ xem giùm.",
    "Tôi ra xem thì chỗ đó vẫn còn nguyên, chưa xử lý.",
)
_NOTES = {
    5: ("Cảm ơn tổng đài, xử lý nhanh lắm.", "Hôm sau là có người tới làm liền, bà con mừng lắm.",
        "Cô tổng đài nói chuyện nhẹ nhàng, cán bộ tới tận nhà.", "Rất hài lòng.", "Sửa xong trong ngày, cảm ơn."),
    4: ("Làm được rồi, hơi chậm một chút.", "Hài lòng, mong giữ được lâu dài.", "Xử lý tốt, trả lời rõ ràng.",
        "Được, cảm ơn đã gọi báo lại."),
    3: ("Làm rồi nhưng phải nhắc.", "Tạm được, chờ hơi lâu.", "Trả lời đúng nhưng chưa thấy hướng lâu dài."),
    2: ("Chờ quá lâu mới có người tới.", "Trả lời chung chung, tôi đọc không hiểu.", "Chỉ làm tạm, mưa xuống lại vậy."),
    1: ("Nói đã xử lý mà thực tế chưa làm.", "Quá chậm, gọi mấy lần mới được.", "Không đồng ý với câu trả lời."),
}  # fmt: skip


@dataclass(frozen=True)
class Pace:
    """How long a step takes: minutes of working time, of the wall for what is urgent; some are late."""

    minutes: tuple[int, int]
    urgent: tuple[int, int]
    late: float


TRIAGE = Pace((5, 50), (2, 12), late=0.1)
ACCEPT = Pace((10, 420), (5, 50), late=0.08)
ANSWER = Pace((240, 2000), (40, 220), late=0.13)
APPROVE = Pace((20, 300), (5, 30), late=0.05)
SUPPLY = Pace((60, 700), (20, 120), late=0.1)


def later(chance: random.Random, start: datetime, pace: Pace, level: Level, calendar: Calendar) -> datetime:
    """When the step after `start` is done."""
    urgent = level == Level.URGENT
    minutes = chance.uniform(*(pace.urgent if urgent else pace.minutes))
    if chance.random() < pace.late:
        minutes = (pace.urgent if urgent else pace.minutes)[1] * chance.uniform(1.3, 2.5)
    if level == Level.COMPLEX:
        minutes *= 1.6
    return due_at(start, Target(round(minutes), working_time=not urgent), calendar)


def at_the_desk(at: datetime) -> datetime:
    """No call-backs at night: that moment, or the next morning after seven."""
    local = at.astimezone(LOCAL)
    if 7 <= local.hour < 21:
        return at
    day = local.date() + timedelta(days=local.hour >= 21)
    return datetime.combine(day, time(7, 5 + at.minute // 2, at.second), LOCAL)


def choose_report(chance: random.Random) -> DemoReport:
    weights = [_NEEDS_APPROVAL_SHARE if _needs_approval(report) else 1 for report in REPORTS]
    return chance.choices(REPORTS, weights)[0]


def _needs_approval(report: DemoReport) -> bool:
    return report.category in {"lanh-dao", "can-bo"} or (report.category == "an-ninh" and report.level == Level.URGENT)


def fields(report: DemoReport, ward_code: str | None, name: str | None) -> TicketFields:
    return TicketFields(
        category_code=report.category,
        ward_code=ward_code,
        address=report.place,
        level=report.level,
        description=report.text,
        reporter_name=name or report.caller,
    )


def rating(chance: random.Random, *, late: bool) -> tuple[int, str]:
    """Stars and the text beside them; a citizen that had to wait too long is harder to please."""
    weights = _STARS_WHEN_LATE if late else _STARS
    stars = chance.choices(list(weights), list(weights.values()))[0]
    return stars, chance.choice(_NOTES[stars]) if chance.random() < _WITH_WORDS else ""


def answer(category: str | None, chance: random.Random) -> str:
    return _ANSWERS.get(category or "") or chance.choice(_OTHERWISE)


def photo(data_dir: Path, chance: random.Random) -> StoredFile:
    """Evidence as an officer's phone would send it; one of a few drawn pictures."""
    return _photo(data_dir, chance.randrange(6))


@cache
def _photo(data_dir: Path, number: int) -> StoredFile:
    chance = random.Random(number)  # noqa: S311
    image = Image.new("RGB", (640, 480), (150 + 10 * number, 190, 225))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 300, 640, 480), fill=(110, 112, 108))
    draw.polygon([(250, 300), (390, 300), (560, 480), (80, 480)], fill=(70, 70, 72))
    for _ in range(7):
        x, size = chance.randrange(640), chance.randrange(30, 90)
        draw.ellipse((x - size, 230 - size // 2, x + size, 320), fill=(40, 110 + chance.randrange(60), 60))
    content = BytesIO()
    image.save(content, "JPEG", quality=80)
    return store(data_dir, f"hien-truong-{number + 1}.jpg", content.getvalue())
