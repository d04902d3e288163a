"""The base of all typed forms that are read from YAML."""

from __future__ import annotations

from typing import Literal

import msgspec

Lang = Literal["en", "de"]
LANGUAGES: tuple[Lang, ...] = ("en", "de")

Text = dict[Lang, str]


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Common to all forms: unknown fields are refused, defaults left out so that a new field changes no hash."""
