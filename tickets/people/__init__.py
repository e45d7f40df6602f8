"""Citizens: caller cards, reports from outside, tracking, replies, published figures."""
