"""Kinds of connections: which side presents what, who judges it, and how.

The values are knowledge and come from kb/connections; this is only their form.
"""

from __future__ import annotations

from typing import Literal

from certdoctor.form import Form, Text


class SideForm(Form, frozen=True, kw_only=True):
    """How one side's certificate is judged in one kind of connection."""

    identity: list[str]  # slots in order of preference; the first that the node has is presented
    trust: list[str]  # list names of the verifier in order of preference
    purpose: Literal["server", "client", "any"]
    checked: Literal["always", "never", "version", "setting"]
    since: str = ""  # for "version": the verifier's first version that checks
    unclear: list[str] = []  # for "version": release trains of which the sources do not say whether they check
    setting: str = ""  # for "setting": xConfiguration path on the verifier ({zone} = its zone number)
    on: list[str] = []  # values of that setting that mean checked
    default: bool = True  # checked where the setting is not in the configuration
    needs_all_in_list: bool = False  # sent intermediates do not count (SSH tunnels)
    name: Literal["required", "unless_ssh", "none"] = "required"
    name_setting: str = ""  # a setting that switches the check of the name off
    purpose_unless_setting: str = ""  # a setting that switches the purpose check off, from purpose_setting_since
    purpose_setting_since: str = ""
    purpose_until: str = ""  # from this version of the verifier the purpose is not checked any more


class ConnectionKindForm(Form, frozen=True, kw_only=True):
    """kb/connections/<id>.yml"""

    schema: Literal["certdoctor/connection@1"]
    id: str
    text: Text
    client_roles: list[str]
    server_roles: list[str]
    port: int | None
    server: SideForm  # how the client judges the server's certificate
    client: SideForm | None = None  # how the server judges the client's certificate
    sources: list[str]
