from __future__ import annotations

import pytest

from certdoctor.evidence.items import Document, Kind, Origin
from certdoctor.evidence.read import read_text
from certdoctor.evidence.xconfiguration import NotXml, configuration, from_xml, status


def one(text: str) -> Document:
    (document,) = read_text(text, "pasted").documents
    return document


DUMP = """\
*c xConfiguration SystemUnit Name: "expe1"
*c xConfiguration Zones Zone 6 DNS SIP TLS Verify Mode: "On"
*c xConfiguration Zones Zone 6 DNS SIP TLS Verify Subject Name: "calllservice.ciscospark.com"
*c xConfiguration SIP Advanced SipTlsVersions: "TLSv1.1:TLSv1.2"
*c xConfiguration Zones Zone 7 Name: ""
"""


@pytest.mark.parametrize(
    "written",
    [
        DUMP,
        DUMP.replace("*c ", ""),
        DUMP.replace("xConfiguration", "xconfiguration").replace(" Zone ", "  Zone\t"),
        DUMP.replace('"', ""),
        DUMP.replace('"', ' " '),
        DUMP.replace("\n", "\r\n"),
        "".join(f"   {line}\n" for line in DUMP.splitlines()),
        f"~ # xconfiguration\n{DUMP}*c/end\nOK\n",
        "\ufeff" + DUMP,
    ],
)
def test_the_ways_a_dump_is_written(written: str) -> None:
    document = one(written)
    assert document.kind == Kind.XCONFIGURATION
    assert document.remarks == ()
    assert {path: setting.value for path, setting in document.settings.items()} == {
        "SystemUnit Name": "expe1",
        "Zones Zone 6 DNS SIP TLS Verify Mode": "On",
        "Zones Zone 6 DNS SIP TLS Verify Subject Name": "calllservice.ciscospark.com",
        "SIP Advanced SipTlsVersions": "TLSv1.1:TLSv1.2",
        "Zones Zone 7 Name": "",
    }


def test_lines_are_those_of_the_file() -> None:
    document = one(f"\n\n{DUMP}")
    assert document.settings["SystemUnit Name"].line == 3
    assert document.settings["SIP Advanced SipTlsVersions"].line == 6


def test_lines_that_are_not_understood_are_counted_and_shown() -> None:
    document = one(DUMP + "and this\nand that\n")
    assert document.remarks == ("2 lines were not understood, the first is line 6: and this",)


def test_a_value_over_several_lines() -> None:
    settings = configuration(
        ['*c xConfiguration Login Banner: "first', "second: x", 'third"', '*c xConfiguration A: "b"']
    )
    assert settings.values["Login Banner"].value == "first\nsecond: x\nthird"
    assert settings.values["A"].line == 4
    assert settings.unknown == ()


def test_a_quote_that_is_never_closed_takes_nothing_with_it() -> None:
    settings = configuration(['*c xConfiguration A: "b', '*c xConfiguration C: "d"'])
    assert {path: setting.value for path, setting in settings.values.items()} == {"A": "b", "C": "d"}


def test_the_last_of_two_values_holds_and_is_remarked() -> None:
    document = one('*c xConfiguration A B: "1"\n*c xConfiguration A B: "2"\n')
    assert document.settings["A B"].value == "2"
    assert "line is 2" in document.remarks[0]


STATUS = """\
*s SystemUnit:
   Product: "TANDBERG VCS"
   Software:
      Version: "X14.3.7"
      Build: 1
   Time Zone: "GMT"
*s/end
*s Zones: (status=Active):
   Zone 1:
      Name: "UC Traversal"
      Status: "Active"
      Cause: "TLS negotiation failure"
   Zone 2:
      Name: "DNS"
*s/end
"""


def test_a_status_tree() -> None:
    document = one(STATUS)
    assert document.kind == Kind.XSTATUS
    assert {path: setting.value for path, setting in document.settings.items()} == {
        "SystemUnit Product": "TANDBERG VCS",
        "SystemUnit Software Version": "X14.3.7",
        "SystemUnit Software Build": "1",
        "SystemUnit Time Zone": "GMT",
        "Zones Zone 1 Name": "UC Traversal",
        "Zones Zone 1 Status": "Active",
        "Zones Zone 1 Cause": "TLS negotiation failure",
        "Zones Zone 2 Name": "DNS",
    }
    assert document.settings["SystemUnit Software Version"].line == 4
    assert document.remarks == ()


def test_text_outside_of_a_tree_is_no_status() -> None:
    assert len(status(["note: this", *STATUS.splitlines()]).unknown) == 1


def test_configuration_and_status_in_one_file_is_said() -> None:
    document = one(DUMP + STATUS)
    assert document.kind == Kind.XCONFIGURATION
    assert any("xStatus" in remark for remark in document.remarks)


XML = """<?xml version="1.0"?>
<Configuration xmlns="http://www.tandberg.no/XML/CUIL/1.0" product="TANDBERG VCS" version="X14">
 <SystemUnit item="1"><Name item="1">expe1</Name></SystemUnit>
 <Zones item="1">
  <DefaultZone item="1"><SIP item="1"><TLS item="1"><Mode item="1">Off</Mode></TLS></SIP></DefaultZone>
  <Zone item="6" maxOccurrence="n"><Name item="1">Hybrid &amp; DNS</Name></Zone>
 </Zones>
 <Alternates item="1"><Peer item="1"><Address item="1">a.example.com</Address></Peer></Alternates>
</Configuration>
"""


def test_xml_has_the_same_paths() -> None:
    document = one(XML)
    assert document.kind == Kind.XCONFIGURATION
    values = {path: setting.value for path, setting in document.settings.items()}
    assert values["SystemUnit Name"] == "expe1"
    assert values["Zones DefaultZone SIP TLS Mode"] == "Off"
    assert values["Zones Zone 6 Name"] == "Hybrid & DNS"
    assert values["Alternates Peer 1 Address"] == "a.example.com"
    assert document.settings["Zones Zone 6 Name"].line == 6
    assert one(XML.replace("Configuration", "Status")).kind == Kind.XSTATUS


def test_xml_numbers_what_the_text_numbers() -> None:
    item = ' item="1"'
    names = f"<IP{item}><DNS{item}><Hostname{item}>e</Hostname><Domain{item}><Name{item}>x.y</Name></Domain>"
    servers = f"<Server{item}><Address{item}>192.0.2.1</Address></Server></DNS></IP>"
    domains = f"<SIP{item}><Domains{item}><Domain{item}><Name{item}>z</Name></Domain></Domains></SIP>"
    document = one(f"<Configuration>{names}{servers}{domains}</Configuration>")
    assert {path: setting.value for path, setting in document.settings.items()} == {
        "IP DNS Hostname": "e",
        "IP DNS Domain Name": "x.y",
        "IP DNS Server 1 Address": "192.0.2.1",
        "SIP Domains Domain 1 Name": "z",
    }


@pytest.mark.parametrize(
    "bad",
    [
        XML[:-40],
        '<!DOCTYPE a [<!ENTITY b "c">]><Configuration>&b;</Configuration>',
        "<a>" * 5000,
    ],
)
def test_bad_xml(bad: str) -> None:
    with pytest.raises(NotXml):
        from_xml(bad)
    assert read_text(bad, "pasted").problems[0].looks_like == "XML document"


def test_a_log_that_quotes_a_command_stays_a_log() -> None:
    log = "".join(f'2026-11-23T10:00:{n:02} expe1 tvcs: Event="x"\n' for n in range(60))
    assert one(log + "xConfiguration SIP TLS Mode: On\n").kind == Kind.LOG


def test_origin_and_the_host_that_it_names() -> None:
    assert one(DUMP).origin == Origin("pasted")
    assert one(DUMP).host == "expe1"
