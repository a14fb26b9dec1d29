"""Django's password validators in the office's words."""

from django.contrib.auth import password_validation as stock


class LongEnough(stock.MinimumLengthValidator):
    def get_error_message(self) -> str:
        return f"密码太短，至少要 {self.min_length} 个字符。"


class NotLikeTheAccount(stock.UserAttributeSimilarityValidator):
    def get_error_message(self) -> str:
        return "密码与账号或姓名太相近，请换一个。"


class NotCommon(stock.CommonPasswordValidator):
    def get_error_message(self) -> str:
        return "这个密码太常见，请换一个。"


class NotOnlyDigits(stock.NumericPasswordValidator):
    def get_error_message(self) -> str:
        return "密码不能全是数字。"
