"""Relevance of an article to a report: enough words in common that mean something."""

from callcenter.text import fold

# Words that stand in nearly every report and every article.
_COMMON = """
ngày tháng năm giờ trước sau khi này kia đây những thì không được cho của các người dân tôi ông con anh chị
xin hỏi làm như rất quá bao nhiêu nơi đâu đến trên dưới trong ngoài giữa nhà xóm phường khu phố tỉnh huyện thị
trấn quận đang vẫn rồi mới một hai ba bốn hay hoặc nếu phải cần có muốn biết thấy bị và với tại theo từ
"""
_EVERYWHERE = frozenset(fold(_COMMON).split())
_SHORTEST = 3


def meaning(text: str) -> frozenset[str]:
    """The folded words of a text that tell what it is about."""
    return frozenset(word for word in fold(text).split() if len(word) >= _SHORTEST and word not in _EVERYWHERE)


def fits(said: str, title: str, body: str, *, same_field: bool) -> bool:
    """Whether it is worth offering: a word of its title, or two of its text; one, where the field is the same."""
    asked = meaning(said)
    in_text = len(asked & meaning(body))
    return bool(asked & meaning(title)) or in_text >= (1 if same_field else 2)
