"""The demo city 云川市, loaded through the services that its users use; taken up again wherever it was stopped."""

from config.demo.accounts import accounts
from config.demo.load import load_demo

__all__ = ["accounts", "load_demo"]
