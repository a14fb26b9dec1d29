"""Chinese numerals for headings."""

DIGITS = "〇一二三四五六七八九"


def chinese_number(number: int) -> str:
    """一、十二、二十一 for 1 to 99."""
    if number < 10:
        return DIGITS[number]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")
