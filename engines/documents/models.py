"""What is known of each stored file; the bytes lie in the file store under their own SHA-256."""

from django.db import models
from django.db.models import Q


class StoredFile(models.Model):
    """One content, kept once: two files with the same bytes are the same row."""

    sha256 = models.CharField("SHA-256 摘要", max_length=64, unique=True)
    sm3 = models.CharField("SM3 摘要", max_length=64)
    size = models.PositiveBigIntegerField("字节数")
    content_type = models.CharField("类型", max_length=100)
    name = models.CharField("文件名", max_length=255)
    stored_at = models.DateTimeField("存入时间")

    class Meta:
        verbose_name = "文件"
        verbose_name_plural = "文件"
        constraints = [
            models.CheckConstraint(
                name="stored_file_sha256_is_hex",
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="SHA-256 摘要应为 64 位小写十六进制。",
            ),
            models.CheckConstraint(
                name="stored_file_sm3_is_hex",
                condition=Q(sm3__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="SM3 摘要应为 64 位小写十六进制。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Return where the bytes lie, relative to the file store."""
        return f"{self.sha256[:2]}/{self.sha256[2:4]}/{self.sha256}"
