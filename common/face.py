"""What a browser remembers of the face: type size and the columns of tables; nothing of it is personal."""

TYPE_COOKIE = "type"
LARGE = "large"
NORMAL = "normal"
A_YEAR = 365 * 24 * 60 * 60  # seconds
