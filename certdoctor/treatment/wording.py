"""What the files of a cure are for, in one place so that it can be translated."""

from __future__ import annotations

CA_FOR_LIST = "CA certificate {subject} for {list}"
ASK_THE_CA = "what to ask the CA for"
AS_PEM = "{certificate} from {file} as Base-64 (PEM)"
CLEANED = "{file} as strict PEM"
REQUEST = "request for {node}"
PRESENT_IDENTITY = "what {node} presents now ({slot})"
PRESENT_TRUST = "what {node} trusts now ({list})"
