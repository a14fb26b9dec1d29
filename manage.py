#!/usr/bin/env python3
"""Entry point of every command of the product."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.embedded")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "connection to server" not in str(error):
            raise
        sys.exit(f"数据库没有应答：请先启动它（内置方式：make demo），再运行这个命令。\n{str(error).strip()}")


if __name__ == "__main__":
    main()
