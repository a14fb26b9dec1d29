"""Argon2id at the strength OWASP names as the least (19 MiB, two passes, one lane).

The embedded mode makes hundreds of accounts on a small machine, each with a random first password of 14 signs that no
stretching could make safer. In server mode Django's stronger setting holds; it renews these hashes at the next log-in.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher


class EmbeddedArgon2PasswordHasher(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
